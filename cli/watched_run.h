// SPDX-License-Identifier: MIT
#pragma once
// Runs with a watcher service at work (docs/watch-service.md): what a run found out is remembered together
// with all that it stood on, and said again while the service knows of no change.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "command_line.h"
#include "config/open_cache.h"
#include "graph/target_graph.h"
#include "os/witness.h"
#include "run/result.h"
#include "session.h"

namespace stillage::cli {

/// The folder with what is remembered of all runs of this user. It is there if a service was ever started.
Result<std::string> plans_folder();

/// Whether a run of this process may ask the service at all: it is not told not to, and no script of another
/// run.
bool asks_watch_service();

/// What a run found that was made before, and would be found again.
struct KnownRun {
  std::string state_folder;
  graph::TargetGraph graph;  ///< ids of the targets and whether they have a command, no more
  run::RunSummary summary;
};

/// Watches a run, so that it may be known the next time.
class WatchedRun {
 public:
  explicit WatchedRun(const RunCommand& command);
  ~WatchedRun();
  WatchedRun(const WatchedRun&) = delete;
  WatchedRun& operator=(const WatchedRun&) = delete;

  /// The answer, where it is known for certain.
  std::optional<KnownRun> known() const;
  /// Begins to watch a run in full, of which nothing has been read yet.
  void watch();

  /// The run has ended, and so has `cache`: has the service watch what it stood on, or remembers it if all
  /// of that was watched from before its start.
  void finish(const Session& session, const run::RunSummary& summary);

 private:
  std::string plan_file_;  ///< "" if this run is none of those that are remembered
  std::int64_t start_ns_ = 0, start_steady_ns_ = 0;
  std::unique_ptr<os::Witness> witness_;
  std::shared_ptr<std::atomic<bool>> has_warned_;
};

}  // namespace stillage::cli
