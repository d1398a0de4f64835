// SPDX-License-Identifier: MIT
#pragma once
// The ids of targets that no configuration names: single commands, as `stillage exec` runs them.

#include <string>
#include <string_view>
#include <vector>

namespace stillage::graph {

/// "<folder>#exec-<8 hex digits>" for a command with these outputs in the folder `dir` (relative to the
/// root). Each command has an id of its own, so that none takes the outputs of another for its own stale
/// ones.
std::string exec_target_id(std::string_view dir, const std::vector<std::string>& command,
                           const std::vector<std::string>& outputs);

/// Whether exec_target_id could have made the id.
bool is_exec_target_id(std::string_view id);

}  // namespace stillage::graph
