// SPDX-License-Identifier: MIT
#pragma once
// Where a git repository with a work tree lies: found as git finds it, by its `.git` folder or file, without
// asking git and whoever owns it. Environment variables that point git elsewhere (GIT_DIR, GIT_WORK_TREE, …)
// play no part; those that limit the search (GIT_CEILING_DIRECTORIES, GIT_DISCOVERY_ACROSS_FILESYSTEM) do.

#include <optional>
#include <string>

#include "git/settings.h"

namespace stillage::git {

class Repository {
 public:
  /// The repository whose work tree holds the absolute real path `dir`; nothing if there is none.
  static std::optional<Repository> discover(const std::string& dir);
  /// The repository whose work tree starts right at `top`; nothing if there is none.
  static std::optional<Repository> open(const std::string& top);

  /// The work tree's top folder: absolute, without links.
  const std::string& top() const { return top_; }
  /// The folder of what is the work tree's own (index, HEAD).
  const std::string& git_dir() const { return git_dir_; }
  /// The folder of what all work trees share (config, info, objects); often git_dir().
  const std::string& common_dir() const { return common_dir_; }
  const Settings& settings() const { return settings_; }
  std::string index_file() const { return git_dir_ + "/index"; }

 private:
  std::string top_;
  std::string git_dir_;
  std::string common_dir_;
  Settings settings_;
};

}  // namespace stillage::git
