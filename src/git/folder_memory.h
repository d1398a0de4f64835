// SPDX-License-Identifier: MIT
#pragma once
// The names in folders as earlier processes listed them, found again by the folder's path and stat record:
// whatever comes into a folder, leaves it or changes its kind changes that (docs/formats/state.md). Names are
// kept only if the folder was settled when it was listed, and only on file systems that keep the times of
// folders, so those that are found are right. find() may be called from many threads.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/dir.h"
#include "os/stat.h"
#include "os/state_file.h"
#include "stillage/result.h"

namespace stillage::git {

/// A folder's names, as it was listed.
struct KnownFolder {
  std::string_view path;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::string_view names;  ///< encoded
};

class FolderMemory {
 public:
  /// Remembers nothing, and keeps nothing.
  FolderMemory() = default;
  /// What the state file at `path` says of folders below the open folder `root`; a missing or damaged one
  /// says nothing.
  FolderMemory(std::string path, int root);
  FolderMemory(FolderMemory&&) = default;
  FolderMemory& operator=(FolderMemory&&) = default;

  /// The folder at `path`, if its stat is the one that it was listed with.
  const KnownFolder* find(std::string_view path, const os::FileStat& stat) const {
    return find_in(known_, path, stat);
  }
  /// The same in `folders`, which may be kept (may_keep()) and are sorted by path.
  const KnownFolder* find_in(const std::vector<KnownFolder>& folders, std::string_view path,
                             const os::FileStat& stat) const;
  /// Calls `take(name, kind)` for each of its names.
  template <class Take>
  static void for_each_name(const KnownFolder& folder, Take take) {
    for (std::string_view rest = folder.names; !rest.empty();) {
      const std::string_view entry = rest.substr(0, rest.find('\0', 1));
      take(entry.substr(1), static_cast<os::FileKind>(entry.front()));
      rest.remove_prefix(entry.size() + 1);
    }
  }
  /// The names of a folder as for_each_name() reads them.
  static std::string encode(const std::vector<os::DirEntry>& entries);

  /// Whether names may be remembered of a folder whose stat was taken at `listed_at_ns`, before it was
  /// listed: any later change of them will show.
  bool may_keep(const os::FileStat& stat, std::int64_t listed_at_ns) const;

  /// How many folders the state file has.
  std::size_t size() const { return known_.size(); }
  /// Replaces the state file by these folders, in any order, which may be some of those in it.
  Status save(std::vector<KnownFolder> folders) const;

 private:
  std::string path_;
  std::uint64_t device_ = 0;
  std::optional<os::StateFile> file_;  ///< what `known_` points into
  std::vector<KnownFolder> known_;     ///< sorted by path
};

}  // namespace stillage::git
