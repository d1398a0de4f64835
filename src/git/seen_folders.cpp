// SPDX-License-Identifier: MIT
#include "git/seen_folders.h"

#include <algorithm>

namespace stillage::git {

const KnownFolder* SeenFolders::find(std::string_view path, const os::FileStat& stat) const {
  std::call_once(sorting_, [this] {
    for (const FolderReader::Seen& seen : seen_)
      folders_.insert(folders_.end(), seen.known.begin(), seen.known.end());
    std::ranges::sort(folders_, {}, &KnownFolder::path);
  });
  return memory_.find_in(folders_, path, stat);
}

}  // namespace stillage::git
