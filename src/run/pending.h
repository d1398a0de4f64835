// SPDX-License-Identifier: MIT
#pragma once
// Why targets did not get their turn in a run.

#include <vector>

#include "graph/target_graph.h"
#include "run/result.h"

namespace stillage::run {

/// Fills in the reason of each result that is still pending when the run has ended; results are by the
/// graph's index.
void explain_pending(const graph::TargetGraph& graph, bool interrupted, std::vector<TargetResult>& results);

}  // namespace stillage::run
