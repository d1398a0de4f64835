// SPDX-License-Identifier: MIT
#include "graph/lage_dependencies.h"

#include <algorithm>

namespace stillage::graph {
namespace {

using Edges = std::vector<std::vector<std::size_t>>;

void keep_each_once(std::vector<std::size_t>& edges) {
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
}

/// The edges between nodes with a command, connected over one node without.
Edges spliced(const TargetGraph& graph) {
  Edges edges(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].has_command) continue;
    for (const std::size_t dependency : graph.nodes[i].dependencies) {
      if (graph.nodes[dependency].has_command) {
        edges[i].push_back(dependency);
        continue;
      }
      for (const std::size_t next : graph.nodes[dependency].dependencies)
        if (graph.nodes[next].has_command) edges[i].push_back(next);
    }
    keep_each_once(edges[i]);
  }
  return edges;
}

/// Which of a node's dependencies no other of its dependencies leads to. Dependencies come first in the
/// graph, so whatever leads to `lowest` or beyond has a greater index.
class Reduction {
 public:
  explicit Reduction(const Edges& edges) : edges_(edges), seen_by_(edges.size()) {}

  std::vector<std::size_t> of(std::size_t node) {
    const std::vector<std::size_t>& all = edges_[node];
    if (all.empty()) return {};
    const std::size_t lowest = all.front();
    ++walk_;
    for (const std::size_t dependency : all)
      for (const std::size_t next : edges_[dependency]) mark(next, lowest);
    std::vector<std::size_t> kept;
    std::copy_if(all.begin(), all.end(), std::back_inserter(kept),
                 [&](std::size_t dependency) { return seen_by_[dependency] != walk_; });
    return kept;
  }

 private:
  void mark(std::size_t from, std::size_t lowest) {
    std::vector<std::size_t> open = {from};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      if (at < lowest || seen_by_[at] == walk_) continue;
      seen_by_[at] = walk_;
      open.insert(open.end(), edges_[at].begin(), edges_[at].end());
    }
  }

  const Edges& edges_;
  std::vector<std::size_t> seen_by_;  ///< the last walk that came to the node
  std::size_t walk_ = 0;
};

}  // namespace

void set_lage_dependencies(TargetGraph& graph) {
  const Edges edges = spliced(graph);
  Reduction reduction(edges);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    std::vector<std::string>& ids = graph.nodes[i].target.dependencies;
    ids.clear();
    for (const std::size_t dependency : reduction.of(i)) ids.push_back(graph.nodes[dependency].target.id);
    std::sort(ids.begin(), ids.end());
  }
}

}  // namespace stillage::graph
