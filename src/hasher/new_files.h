// SPDX-License-Identifier: MIT
#pragma once
// Files that have appeared since the listing and that git would list now. A folder is read again only if its
// times have changed. Not for two threads at a time.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "hasher/file_table.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::hasher {

class NewFiles {
 public:
  explicit NewFiles(const FileTable& table) : table_(table) {}

  /// Which folders a search goes into.
  using Enters = std::function<bool(const std::string& dir)>;
  using Accepts = std::function<bool(const std::string& path)>;

  /// The first new file beneath `dir` (relative to the root) that `accepts` says yes to.
  Result<std::optional<std::string>> find(const std::string& dir, const Enters& enters,
                                          const Accepts& accepts);

 private:
  struct Folder {
    os::FileStat stat;
    std::int64_t read_at_ns = 0;
    std::vector<std::string> folders;    ///< that git does not ignore
    std::vector<std::string> new_files;  ///< unlisted, and not ignored
  };
  Result<const Folder*> look_at(const std::string& dir);

  const FileTable& table_;
  base::StringMap<Folder> folders_;
};

}  // namespace stillage::hasher
