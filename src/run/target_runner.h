// SPDX-License-Identifier: MIT
#pragma once
// What is done with one target at a time, under its lock: restore it, or run its command and store what that
// made. Decides nothing about order. Methods may be called from many threads at once, for different targets.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "run/events.h"
#include "run/log_capture.h"
#include "run/run_options.h"
#include "run/running_scripts.h"
#include "run/target_locks.h"

namespace stillage::run {

/// Hands events on, one at a time.
class EventGate {
 public:
  explicit EventGate(Events& events) : events_(events) {}

  template <class Call>
  void tell(const Call& call) {
    const std::lock_guard lock(mutex_);
    call(events_);
  }

 private:
  Events& events_;
  std::mutex mutex_;
};

/// How a target stands with the cache in this run.
struct CachePolicy {
  bool look_up = false;
  bool store = false;
  /// Why it is not stored whatever it makes; "" if there is no such reason.
  std::string never_store_because;
};

class TargetRunner {
 public:
  /// All arguments must outlive this. `stop` ends running commands; after `interrupt` nothing is stored
  /// either.
  TargetRunner(const graph::TargetGraph& graph, const RunOptions& options, EventGate& events,
               std::stop_token stop, std::stop_token interrupt);

  /// The key of a target. For the keys' sake only one thread at a time gets through.
  Result<std::string> make_key(const Target& target);

  /// What a restore of this hit would report, if everything is in place as it is. Takes no lock.
  std::optional<RestoreReport> in_place(CacheHit& hit, TargetResult& result) const;
  /// Fills in the result of a target whose hit has been restored.
  void take_restored(CacheHit& hit, const RestoreReport& report, TargetResult& result) const;
  /// Restores a hit. Nothing if that failed: then `reason` says why the target has to run, and `policy` may
  /// have been tightened.
  bool restore(std::size_t index, CacheHit& hit, TargetResult& result, CachePolicy& policy);

  /// Runs the command (or restores after all, if another run has stored the same meanwhile), and stores.
  /// Fills status, times, log and reasons. True if what was made can't be relied on: nothing that depends on
  /// it may be stored.
  bool run(std::size_t index, const CachePolicy& policy, TargetResult& result);

 private:
  struct Ended {
    bool ok = false;
    bool stopped = false;
    bool left_behind = false;
  };

  Result<TargetLocks::Acquired> lock(std::size_t index);
  /// The entry that another run of the checkout may have stored since this one looked.
  Result<std::unique_ptr<CacheHit>> look_again(std::size_t index, const TargetResult& result) const;
  bool restore_locked(std::size_t index, CacheHit& hit, TargetResult& result, CachePolicy& policy);
  Ended run_steps(std::size_t index, const TargetLocks::Held& held, TargetResult& result, LogCapture& log);
  Status run_step(std::size_t index, const Step& step, LogCapture& log, Ended& ended, TargetResult& result);
  void store(std::size_t index, TargetResult& result);
  std::string changed_input(const Target& target);

  const graph::TargetGraph& graph_;
  const RunOptions& options_;
  EventGate& events_;
  std::stop_token stop_, interrupt_;
  std::optional<TargetLocks> locks_;
  std::optional<RunningScripts> running_;
  std::mutex keys_mutex_;
};

}  // namespace stillage::run
