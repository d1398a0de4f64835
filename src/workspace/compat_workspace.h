// SPDX-License-Identifier: MIT
#pragma once
// The packages of a workspace as lage's workspace-tools list them: what discover() (workspace.h) mends or
// refuses is taken here as it is. Damaged package.json files are passed over, those without a name are called
// "undefined", of two with one name the last one listed counts, and whenever the list cannot be had, the
// nearest package.json is the only package.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "workspace/workspace.h"

namespace stillage::workspace {

struct CompatPackage {
  std::string name;
  bool has_name = true;
  std::string dir;  ///< absolute
  std::vector<DependencyRange> dependencies;
  std::vector<DependencyRange> dev_dependencies;

  /// Both lists in one, as an object of JavaScript: of a name in both the second one's range, in its first
  /// place.
  std::vector<DependencyRange> all_dependencies() const;
};

struct CompatWorkspace {
  /// The nearest folder with a manager's file; "" if there is none.
  std::string manager_root;
  std::vector<CompatPackage> packages;
  /// Whether `packages` is the single package that stands in for a list that could not be had.
  bool is_fallback = false;

  const CompatPackage* find(std::string_view name) const;
  /// Whether lage takes a dependency of that name for one of the workspace: also names that every JavaScript
  /// object has.
  bool is_internal(std::string_view name) const;
  /// The workspace's packages that `package` leads to directly; not itself, and not by a range with npm: or
  /// file:.
  std::vector<const CompatPackage*> dependencies_of(const CompatPackage& package) const;

  base::StringMap<std::size_t> by_name;
};

/// The package.json in the nearest folder from `dir` (absolute) upwards that has one; nothing if there is
/// none or it cannot be read.
std::optional<CompatPackage> nearest_package(const std::string& dir);

/// Looks from `root` (absolute) upwards, by the environment variable PREFERRED_WORKSPACE_MANAGER where it
/// names a manager. Nothing is an error; there may be no package at all.
CompatWorkspace compat_discover(const std::string& root);

}  // namespace stillage::workspace
