// SPDX-License-Identifier: MIT
#pragma once
// What each fuzz target of a lock format does with a lock that was understood: resolve in it, and build the
// graph that closures are taken from, whose edges must stay within it.

#include <cstdlib>

#include "workspace/closure_graph.h"
#include "workspace/parsed_lock.h"

inline int use_lock(const stillage::workspace::LockResult& lock) {
  using namespace stillage::workspace;
  if (!lock) return 0;
  const ParsedLock& parsed = **lock;
  for (const auto& node : parsed.nodes)
    for (const auto& edge : node.edges)
      for (const NodeId target : edge.targets)
        if (target >= parsed.nodes.size()) std::abort();
  for (const auto& node : parsed.nodes) {
    for (const NodeId target : parsed.resolve("packages/a", {node.name, "^1.0.0"}))
      if (target >= parsed.nodes.size()) std::abort();
    for (const NodeId target : parsed.candidates(node.name))
      if (target >= parsed.nodes.size()) std::abort();
  }
  const ClosureGraph graph(parsed.nodes);
  auto marks = graph.no_marks();
  if (!parsed.nodes.empty()) graph.mark(0, marks);
  return 0;
}
