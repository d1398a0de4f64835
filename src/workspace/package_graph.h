// SPDX-License-Identifier: MIT
#pragma once
// Which workspace packages depend on which: by name, where the range can mean the workspace's own package.

#include <cstddef>
#include <optional>
#include <vector>

#include "workspace/workspace.h"

namespace stillage::workspace {

/// Edges between positions in Workspace::packages, sorted; no package depends on itself, cycles are possible.
struct PackageGraph {
  std::vector<std::vector<std::size_t>> dependencies;
  std::vector<std::vector<std::size_t>> dependents;
};

/// dependencies, devDependencies, optional and peer ones.
PackageGraph package_graph(const Workspace& workspace);

/// As lage sees it: dependencies and devDependencies, by name alone, but for ranges that begin with npm: or
/// file:.
PackageGraph lage_package_graph(const Workspace& workspace);

/// The workspace package that a dependency of `package` means, or nothing for an external one: a range with
/// npm:, a URL or git place, or a path to anything but a package's folder. A version range is not compared
/// with the version.
std::optional<std::size_t> internal_dependency(const Workspace& workspace, const Package& package,
                                               const DependencyRange& dependency);

}  // namespace stillage::workspace
