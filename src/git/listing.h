// SPDX-License-Identifier: MIT
#pragma once
// What the file system holds below a workspace root, as git sees it: files that it tracks or would show as
// untracked, those of submodules and of nested repositories included. Without git, a plain walk with
// .gitignore rules that leaves node_modules out. Only what is on disk counts: bits such as assume-unchanged
// and skip-worktree are never believed.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "git/listed_file.h"
#include "git/walk.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::git {

struct ListingOptions {
  /// Paths that count as ignored, unless they are tracked.
  std::vector<std::string> left_out = {};
  WalkMemory memory = {};
};

/// A listing at one moment. Copies share it; every function may be called from any thread.
class Listing {
 public:
  /// Files and symlinks that exist, sorted bytewise by path, each once. Never `.git`, nor our own temporary
  /// files.
  const std::vector<ListedFile>& files() const;
  /// All folders that were walked, from the root ("" itself), in no order: a new file in one of them would be
  /// listed, or ignored.
  std::vector<std::string> folders() const;
  const ListedFile* find(std::string_view path) const;
  /// Whether the root lies in a repository's work tree. False too where that repository ignores the whole
  /// root.
  bool has_git() const;
  /// Whether a repository's index has the path, be there a file or not.
  bool is_tracked(std::string_view path) const;
  /// All paths in a repository's index that are `path` or lie beneath it ("" is the root), be there files or
  /// not.
  std::vector<std::string> tracked_at(std::string_view path) const;
  /// Whether git would pass over this path: not tracked, and it or a folder above it is ignored. Also for
  /// paths that appeared after the listing: folders unknown to it have their .gitignore read when asked
  /// about. Our own temporary names count as ignored, and so does node_modules where there is no git; what
  /// lies in a `.git` never does, so that nobody takes it for removable.
  bool is_ignored(std::string_view path, os::FileKind kind) const;
  /// The names in the folder at `path`, ignored ones too, if `stat`, its record now, says that they are those
  /// of the listing; null where nobody can tell. Lives as long as the listing.
  const KnownFolder* known_folder(std::string_view path, const os::FileStat& stat) const;

 private:
  struct Data;
  explicit Listing(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  friend Result<Listing> list_files(const std::string& root, const ListingOptions& options);

  std::shared_ptr<const Data> data_;
};

/// Lists below `root`: an absolute path without links, a repository's top or any folder in or outside one.
Result<Listing> list_files(const std::string& root, const ListingOptions& options = {});

}  // namespace stillage::git
