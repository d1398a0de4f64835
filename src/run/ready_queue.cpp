// SPDX-License-Identifier: MIT
#include "run/ready_queue.h"

#include <algorithm>

#include "run/output_overlap.h"

namespace stillage::run {

ReadyQueue::ReadyQueue(const graph::TargetGraph& graph, int concurrency)
    : graph_(graph), capacity_(std::max(1, concurrency)) {}

int ReadyQueue::weight_of(std::size_t index) const {
  // One that weighs more than everything may run alone.
  return std::clamp(graph_.nodes[index].weight, 1, capacity_);
}

const std::vector<std::string>& ReadyQueue::places_of(std::size_t index) {
  const auto known = places_.find(index);
  if (known != places_.end()) return known->second;
  return places_.emplace(index, output_places(graph_.nodes[index].target)).first->second;
}

bool ReadyQueue::writes_beside_running(std::size_t index) {
  return std::any_of(running_.begin(), running_.end(),
                     [&](std::size_t other) { return may_overlap(places_of(index), places_of(other)); });
}

void ReadyQueue::push(std::size_t index) {
  waiting_.emplace(-graph_.nodes[index].priority, index);
}

std::optional<std::size_t> ReadyQueue::pop() {
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    const graph::Node& node = graph_.nodes[it->second];
    int& running = running_of_task_[node.target.task];
    if (node.max_workers > 0 && running >= node.max_workers) continue;
    const std::size_t index = it->second;
    if (writes_beside_running(index)) continue;
    if (used_ + weight_of(index) > capacity_) return std::nullopt;
    waiting_.erase(it);
    used_ += weight_of(index);
    ++running;
    running_.insert(index);
    return index;
  }
  return std::nullopt;
}

void ReadyQueue::finish(std::size_t index) {
  used_ -= weight_of(index);
  running_.erase(index);
  --running_of_task_[graph_.nodes[index].target.task];
}

}  // namespace stillage::run
