// SPDX-License-Identifier: MIT
#include "run/scheduler.h"

namespace stillage::run {

graph::TargetGraph single_target_graph(Target target) {
  graph::TargetGraph graph;
  graph::Node node;
  node.target = std::move(target);
  node.has_command = true;
  node.requested = true;
  graph.nodes.push_back(std::move(node));
  graph.reindex();
  return graph;
}

}  // namespace stillage::run
