// SPDX-License-Identifier: MIT
#pragma once
// What a run tells while it goes on; reporters implement it. Calls come from different threads, but never two
// at a time, and those of one target in order: waiting, started, output, finished. They should be quick:
// scripts wait.

#include <cstddef>
#include <string>

#include "graph/target_graph.h"
#include "run/result.h"

namespace stillage::run {

class Events {
 public:
  virtual ~Events() = default;

  /// Keys are known, nothing has been restored or run yet. The graph lives until run_finished() has returned.
  virtual void run_started(const graph::TargetGraph& graph) { (void)graph; }
  /// The target has waited for more than a second; `reason` says for what.
  virtual void target_waiting(std::size_t index, const std::string& reason) { (void)index, (void)reason; }
  /// Its command starts, because of `reason`. Targets that are restored are only told as finished.
  virtual void target_started(std::size_t index, const std::string& reason) { (void)index, (void)reason; }
  virtual void target_output(std::size_t index, const LogChunk& chunk) { (void)index, (void)chunk; }
  /// Once for each target that was reached; not for those that stay pending.
  virtual void target_finished(std::size_t index, const TargetResult& result) { (void)index, (void)result; }
  virtual void run_finished(const RunSummary& summary) { (void)summary; }
};

}  // namespace stillage::run
