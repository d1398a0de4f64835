// SPDX-License-Identifier: MIT
#pragma once
// The writing half of a restore: takes files as they come out of an entry, and makes links and folders. A
// file is seen only when it is complete and checked; what a failure leaves behind is removed by abandon().

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/entry_reader.h"
#include "cache/file_crew.h"
#include "cache/package_folder.h"
#include "cache/restore_plan.h"
#include "cache/staged_folders.h"
#include "cache/writable_folders.h"
#include "os/stat.h"

namespace stillage::cache {

class OutputWriter : public archive::FileSink {
 public:
  /// What `writable` has opened up gets the entry's permissions in the end.
  OutputWriter(PackageFolder& folder, const archive::Manifest& manifest, const RestorePlan& plan,
               WritableFolders& writable);

  Result<bool> begin(const archive::Output& output) override;
  Status write(std::string_view bytes) override;
  Status end(const archive::Output& output) override;

  /// Makes links and folders, sets permissions, and lets staged folders appear.
  Status finish();
  void abandon();
  /// The stat of an output that was written or whose permissions were set, by its place in the manifest; null
  /// of all others. Of folders only those that were staged.
  const os::FileStat* written(std::size_t index) const;
  const StagedFolders& staged() const { return staged_; }

 private:
  /// A file that is being made, in an open folder.
  struct Making {
    os::Fd file;
    std::string name;  ///< for now
  };
  std::size_t index_of(const archive::Output& output) const;
  RestoreAction action_of(const archive::Output& output) const { return plan_.actions[index_of(output)]; }
  Status open_parent(std::string_view path);
  Result<Making> open_file(const archive::Output& output, int folder) const;
  /// Permissions and name, once the content is there.
  Status complete(const archive::Output& output, int folder, Making making);
  Status make_at_once(const archive::Output& output, int folder, std::string_view content);
  Status make_link(const archive::Output& output);
  Status make_folder(const archive::Output& output);
  Status set_modes();

  PackageFolder& folder_;
  const archive::Manifest& manifest_;
  const RestorePlan& plan_;
  WritableFolders& writable_;
  StagedFolders staged_;
  std::unique_ptr<FileCrew> crew_;  ///< where there is enough to do for it
  std::string parent_path_;
  std::shared_ptr<const os::Fd> parent_;
  const archive::Output* current_ = nullptr;
  Making making_;           ///< the current file, if its content comes in pieces
  std::string_view whole_;  ///< its content, if it came at once
  std::vector<os::FileStat> written_;
};

}  // namespace stillage::cache
