// SPDX-License-Identifier: MIT
#pragma once
// What the root's own files say of a workspace: the patterns or folders of its packages, and who runs
// scripts.

#include <string>
#include <vector>

#include "workspace/package_json.h"
#include "workspace/root.h"

namespace stillage::workspace {

struct PackageList {
  std::vector<std::string> patterns;
  std::vector<std::string> dirs;  ///< literal ones, which must hold a package.json
  std::string listed_in;          ///< the file that lists `dirs`
  std::string client;             ///< "npm", "yarn", "pnpm", or "" where the files don't say
  std::string manager_version;
  std::string overrides_text;  ///< in addition to those of the root package.json
  std::vector<DependencyRange> overrides;
  TextPairs patched_dependencies;
};

/// `root_file` is the root's package.json, if there is one.
Result<PackageList> read_package_list(const Root& root, const PackageFile* root_file);

}  // namespace stillage::workspace
