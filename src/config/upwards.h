// SPDX-License-Identifier: MIT
#pragma once
// Files that count for a folder and all below it: the nearest one, or every one, from a folder upwards.

#include <optional>
#include <string>
#include <vector>

namespace stillage::config {

/// The paths of the files called `name` (links to files included) in the absolute folder `dir` and the
/// folders above it, nearest first.
std::vector<std::string> find_all_upwards(const std::string& dir, const std::string& name);

/// The nearest of them.
std::optional<std::string> find_upwards(const std::string& dir, const std::string& name);

}  // namespace stillage::config
