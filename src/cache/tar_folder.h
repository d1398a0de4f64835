// SPDX-License-Identifier: MIT
#pragma once
// Puts what is in a tar into a folder that is ours alone: beneath it and never through a link, whatever the
// tar holds. Links keep their texts, as those lead nowhere until somebody follows them.

#include <string>

#include "archive/tar_reader.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

class TarFolder final : public archive::TarVisitor {
 public:
  /// An open, empty folder that outlives this object.
  explicit TarFolder(int folder) : folder_(folder) {}

  /// Errors: `corrupt` if something is in the way of a member, or a link on the way to it; `io` if this
  /// machine can't take it. Of two files of one name the later one counts.
  Status begin(const archive::TarMember& member) override;
  Status write(std::string_view bytes) override;
  Status end(const archive::TarMember& member) override;

 private:
  Status open_parent(const std::string& path);
  Status make_way(const archive::TarMember& member);
  Status copy_of(const archive::TarMember& member);

  int folder_;
  os::Fd parent_;
  std::string parent_path_;
  std::string name_;  ///< of the current member in `parent_`
  os::Fd file_;
};

}  // namespace stillage::cache
