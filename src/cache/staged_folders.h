// SPDX-License-Identifier: MIT
#pragma once
// Folders that a restore makes aside, under temporary names beside their own, and lets appear whole. Nobody
// else knows of them meanwhile, so that they are made and filled with the fewest calls.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cache/output_scan.h"
#include "cache/package_folder.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

class StagedFolders {
 public:
  /// `tops`: names in the package that nothing has yet.
  StagedFolders(const PackageFolder& folder, const std::set<std::string, std::less<>>& tops);

  /// Whether the path is one of the tops or lies below, and has not appeared yet.
  bool holds(std::string_view path) const;
  /// Where the path lies for now.
  std::string place_of(std::string_view path) const;
  /// Opens a folder of which holds() is true, making it and those above as far as they are missing. Cheap if
  /// the calls come in byte order of the paths.
  Result<std::shared_ptr<const os::Fd>> enter(std::string_view path);

  /// Gives every top its own name.
  Status appear();
  /// Removes what has not appeared.
  void abandon();

  /// The folders that were made, as they are since they appeared, in byte order of their paths; to be asked
  /// after appear(). Nothing if one of them can't be looked at, or if something else has come to lie in a
  /// top.
  const std::optional<std::vector<FoundPath>>& made() const { return found_; }
  /// A moment after which everything in them was as it was made, and before which nobody else could change
  /// it.
  std::int64_t appeared_ns() const { return appeared_ns_; }

 private:
  struct Level {
    std::string path;
    std::shared_ptr<const os::Fd> fd;
  };
  Result<std::shared_ptr<const os::Fd>> make_in(int parent, const std::string& name, std::string_view path);
  std::optional<std::vector<FoundPath>> look() const;

  const PackageFolder& folder_;
  std::map<std::string, std::string, std::less<>> aside_;  ///< top → its temporary name
  std::set<std::string, std::less<>> appeared_;
  std::vector<Level> levels_;  ///< from a top to the folder that was entered last
  std::vector<std::string> made_;
  std::optional<std::vector<FoundPath>> found_;
  std::int64_t appeared_ns_ = 0;
};

}  // namespace stillage::cache
