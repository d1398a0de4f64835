// SPDX-License-Identifier: MIT
#pragma once
// What a walk saw of folders, for those who want to know later what is in one without listing it. Safe for
// use from many threads.

#include <mutex>
#include <string_view>
#include <vector>

#include "git/folder_memory.h"
#include "git/folder_reader.h"

namespace stillage::git {

class SeenFolders {
 public:
  /// `seen` points into `memory`, or into itself.
  SeenFolders(FolderMemory memory, std::vector<FolderReader::Seen> seen)
      : memory_(std::move(memory)), seen_(std::move(seen)) {}

  /// The folder at `path`, from the walk's root, if `stat`, its record now, says that no name in it has come,
  /// gone or changed its kind since it was seen; null too where nothing is known.
  const KnownFolder* find(std::string_view path, const os::FileStat& stat) const;

 private:
  FolderMemory memory_;
  std::vector<FolderReader::Seen> seen_;
  mutable std::once_flag sorting_;
  mutable std::vector<KnownFolder> folders_;  ///< of all that was seen, sorted by path once somebody asks
};

}  // namespace stillage::git
