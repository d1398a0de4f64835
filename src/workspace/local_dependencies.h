// SPDX-License-Identifier: MIT
#pragma once
// Dependencies that a range names by their place on the disk.

#include <optional>
#include <string>
#include <string_view>

#include "workspace/workspace.h"

namespace stillage::workspace {

/// The place that a range like "file:../x", "link:./x", "portal:x", "../x.tgz" or "workspace:../x" means for
/// the package in `dir`: relative to the root, normalised ("" is the root). Nothing for every other range.
std::optional<std::string> local_path(std::string_view range, std::string_view dir);

/// Fills `local_dependencies` of all packages, through other packages of the workspace too (of those without
/// their devDependencies). `overrides` are the root's. An error (invalid) if a package.json on the way can't
/// be read.
Status add_local_dependencies(Workspace& workspace, const std::vector<DependencyRange>& overrides);

}  // namespace stillage::workspace
