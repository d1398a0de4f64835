// SPDX-License-Identifier: MIT
#pragma once
// Every file of one package, wherever it lies: for questions that outputs' globs do not answer.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cache/package_folder.h"
#include "os/dir.h"
#include "stillage/result.h"

namespace stillage::cache {

struct PackageWalk {
  /// Folders of packages below this one, relative to the root and sorted (Catalog::packages_below).
  std::vector<std::string> other_packages;
  /// Whether to look into the folder at `path`; not set: into all.
  std::function<bool(const std::string& path)> enters;
  /// The folders in the folder at `path`, where they are known without listing it and nothing in it is to be
  /// visited; not set: that is never known.
  std::function<std::optional<std::vector<std::string>>(const std::string& path)> known_folders = {};
  /// Called with each file, link and special file: its path, and the open folder that holds it by its name.
  std::function<Status(const std::string& path, int dir, const os::DirEntry& entry)> visits;
};

/// Walks below `folder`, never into other packages, node_modules or .git. Folders that can't be opened are
/// left out. The first error of a visit ends it.
Status walk_package(const PackageFolder& folder, const PackageWalk& walk);

}  // namespace stillage::cache
