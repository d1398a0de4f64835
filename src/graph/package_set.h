// SPDX-License-Identifier: MIT
#pragma once
// Sets of packages: those that are reachable, those that were asked for, and names for messages.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "graph/target_graph.h"
#include "stillage/result.h"
#include "workspace/workspace.h"

namespace stillage::graph {

/// `from` and everything that edges lead to from there, sorted.
std::vector<std::size_t> reachable(const std::vector<std::size_t>& from,
                                   const std::vector<std::vector<std::size_t>>& edges);

/// The packages that a selection starts from, sorted.
Result<std::vector<std::size_t>> selected_packages(const workspace::Workspace& workspace,
                                                   const workspace::PackageGraph& packages,
                                                   const Selection& selection);

std::vector<std::string> package_names(const workspace::Workspace& workspace);

/// "; did you mean \"x\"?" for the nearest known name, else "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace stillage::graph
