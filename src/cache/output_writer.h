// SPDX-License-Identifier: MIT
#pragma once
// The writing half of a restore: takes files as they come out of an entry, and makes links and folders. A
// file is seen only when it is complete and checked; what a failure leaves behind is removed by abandon().

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "archive/entry_reader.h"
#include "cache/package_folder.h"
#include "cache/restore_plan.h"
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
  /// The stat of each file that was written or whose permissions were set.
  const std::map<std::string, os::FileStat, std::less<>>& written() const { return written_; }

 private:
  RestoreAction action_of(const archive::Output& output) const;
  /// Where the path is written: inside a staged folder, if it belongs to one.
  std::string place_of(std::string_view path) const;
  bool is_staged(std::string_view path) const;
  Status open_parent(std::string_view path);
  Status make_link(const archive::Output& output);
  Status make_folder(const archive::Output& output);
  Status set_modes();

  PackageFolder& folder_;
  const archive::Manifest& manifest_;
  const RestorePlan& plan_;
  WritableFolders& writable_;
  std::map<std::string, std::string, std::less<>> staging_;  ///< first segment → its temporary name
  std::set<std::string, std::less<>> appeared_;              ///< staged folders that have their names
  std::string parent_path_;
  os::Fd parent_;
  os::Fd file_;
  std::string temp_;  ///< name of the file that is being written, in parent_
  std::map<std::string, os::FileStat, std::less<>> written_;
};

}  // namespace stillage::cache
