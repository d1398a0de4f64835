// SPDX-License-Identifier: MIT
#pragma once
// The functions of a JavaScript configuration that have a say in a run: `weight` and `shouldRun`.

#include <string>

#include "config/script_config.h"
#include "graph/target_graph.h"
#include "stillage/result.h"

namespace stillage::config {

/// Asks, in one batch, for the weights of all nodes that leave them to a function, and takes away the
/// commands of those whose shouldRun says no. Errors (invalid) name the function.
Status apply_target_functions(ScriptConfig& script, graph::TargetGraph& graph);

}  // namespace stillage::config
