// SPDX-License-Identifier: MIT
#pragma once
// The ids in Target::dependencies that lage would hash for each target of a run. They are fewer than the
// edges of the graph, by which the order goes: lage takes out targets without a command, connects what they
// stood between (but over one of them only: of a -> b -> c -> d with b and c taken out, a loses d), and leaves
// out what a longer way says already.

#include "graph/target_graph.h"

namespace stillage::graph {

/// Replaces the dependencies of all targets. The order of the nodes and the edges between them stay. To be
/// called when it is settled which nodes have a command.
void set_lage_dependencies(TargetGraph& graph);

}  // namespace stillage::graph
