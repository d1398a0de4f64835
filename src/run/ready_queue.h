// SPDX-License-Identifier: MIT
#pragma once
// Which command may start next: the highest priority first, then the order of the graph, within the weight
// that may run at a time and within each task's own limit, and never beside one that may write the same
// files.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/target_graph.h"

namespace stillage::run {

class ReadyQueue {
 public:
  ReadyQueue(const graph::TargetGraph& graph, int concurrency);

  void push(std::size_t index);
  /// Whether nobody waits to start.
  bool is_empty() const { return waiting_.empty(); }
  /// The next that may start now, counted as running until finish(); nothing if none may. What is next in
  /// line but too heavy waits for room, and nothing overtakes it: else it might never start.
  std::optional<std::size_t> pop();
  void finish(std::size_t index);
  /// Whether a command is running that may write the same files as this node.
  bool writes_beside_running(std::size_t index);

 private:
  int weight_of(std::size_t index) const;
  const std::vector<std::string>& places_of(std::size_t index);

  const graph::TargetGraph& graph_;
  int capacity_;
  int used_ = 0;
  std::set<std::pair<int, std::size_t>> waiting_;  ///< (-priority, index)
  std::map<std::string, int> running_of_task_;
  std::set<std::size_t> running_;
  std::map<std::size_t, std::vector<std::string>>
      places_;  ///< where outputs lie, of those that were asked for
};

}  // namespace stillage::run
