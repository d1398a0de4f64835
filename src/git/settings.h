// SPDX-License-Identifier: MIT
#pragma once
// The few settings of git that say what it lists and whether it rewrites contents, from the system's, the
// user's, the repository's and the work tree's configuration. Read by our own parser; git itself is asked
// where conditional includes or variables of the environment have a say.

#include <optional>
#include <string>
#include <vector>

#include "git/wildcard.h"
#include "stillage/result.h"

namespace stillage::git {

enum class ObjectFormat { sha1, sha256 };

struct Settings {
  LetterCase letter_case = LetterCase::exact;  ///< core.ignorecase
  bool converts_line_endings = false;          ///< core.autocrlf is not false, or not known
  bool bare = false;
  std::optional<std::string> work_tree;        ///< core.worktree as written
  std::optional<std::string> excludes_file;    ///< core.excludesFile; absolute, or relative to the work tree
  std::optional<std::string> attributes_file;  ///< core.attributesFile, likewise
  std::vector<std::string> system_attributes_files;
  ObjectFormat object_format = ObjectFormat::sha1;
  /// An extension of the repository that we do not know: only git can read its index.
  bool unknown_extension = false;
};

/// The settings of the repository with these folders. `common_dir` differs from `git_dir` in linked work
/// trees.
Settings read_settings(const std::string& git_dir, const std::string& common_dir);

}  // namespace stillage::git
