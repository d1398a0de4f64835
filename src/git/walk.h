// SPDX-License-Identifier: MIT
#pragma once
// The walk behind a listing: every folder that may hold a tracked or untracked file is listed once, by
// several threads, and compared with the index's entries below it; every file found is stat'ed once. Links to
// folders are files. Nested repositories and submodules are walked with their own index and rules.

#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "git/listed_file.h"
#include "git/rules.h"
#include "git/seen_folders.h"
#include "stillage/result.h"

namespace stillage::git {

/// Where a repository's paths lie in the walk: one of the two is empty, the other ends in '/'.
struct Place {
  std::string mount;  ///< its top, from the walk's root
  std::string below;  ///< the walk's root, from its top
  LetterCase letter_case = LetterCase::exact;
  bool has_git = false;

  /// A path of the repository, from the walk's root.
  std::string from_root(std::string_view path) const {
    return mount + std::string(path.substr(below.size()));
  }
  /// A path from the walk's root, as the repository has it.
  std::string in_repository(std::string_view path) const {
    return below + std::string(path.substr(mount.size()));
  }
};

/// A folder that was walked.
struct WalkedDir {
  std::shared_ptr<const Place> place;
  RuleScopePtr scope;
  bool ignored = false;  ///< walked for its tracked files only
};

struct WalkResult {
  std::vector<ListedFile> files;     ///< sorted by path
  std::vector<std::string> missing;  ///< tracked paths without a file, sorted
  base::StringMap<WalkedDir> dirs;   ///< by path from the root; "" is the root
  std::shared_ptr<const SeenFolders> folders;
  bool has_git = false;
};

/// What may spare a walk some looks at the disk.
struct WalkMemory {
  /// The state file in which the names in folders are remembered (FolderMemory); "" for none.
  std::string folders = {};
  /// The contents of files of rules, relative to the root; may be null.
  os::TextMemory* texts = nullptr;
};

/// Walks below the absolute real path `root`.
Result<WalkResult> walk(const std::string& root, const WalkMemory& memory = {});

}  // namespace stillage::git
