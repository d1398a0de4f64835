// SPDX-License-Identifier: MIT
#pragma once
// Where a workspace's root is, and whose it is.

#include <optional>
#include <string>

#include "workspace/workspace.h"

namespace stillage::workspace {

struct Root {
  std::string dir;
  PackageManager manager =
      PackageManager::none;  ///< `yarn` for either yarn; `none`: found by package.json alone
};

/// Looks from `start_dir` (absolute, without links) upwards. `preferred` is the value of
/// PREFERRED_WORKSPACE_MANAGER, "" for none; a word that it can't be is an error.
Result<Root> find_root(const std::string& start_dir, const std::string& preferred);

/// Whether a yarn workspace is one of yarn 2 or later.
bool is_berry(const std::string& root, const std::string& package_manager_field);

/// The lock file of a root, relative to it, or "". `client` is "npm", "yarn" or "pnpm", "" if unknown.
std::string find_lock_file(const std::string& root, PackageManager manager, const std::string& client);

}  // namespace stillage::workspace
