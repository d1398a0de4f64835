// SPDX-License-Identifier: MIT
#include "run/target_runner.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/log.h"
#include "base/stages.h"
#include "base/strings.h"
#include "os/known_looks.h"
#include "run/output_overlap.h"

namespace stillage::run {
namespace {

constinit base::Stage kPreparesStage("prepares");
constinit base::Stage kRunsStage("runs");
constinit base::Stage kInputsStage("inputs again");
constinit base::Stage kStoresStage("stores");

LogStream stream_of(os::OutputStream stream) {
  return stream == os::OutputStream::out ? LogStream::out : LogStream::err;
}

void set_variable(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  std::erase_if(env,
                [start = name + "="](const std::string& variable) { return variable.starts_with(start); });
  env.push_back(name + "=" + value);
}

}  // namespace

TargetRunner::TargetRunner(const graph::TargetGraph& graph, const RunOptions& options, EventGate& events,
                           std::stop_token stop, std::stop_token interrupt)
    : graph_(graph),
      options_(options),
      events_(events),
      stop_(std::move(stop)),
      interrupt_(std::move(interrupt)) {
  if (options.checkout_dir.empty()) return;
  const char* const held = std::getenv(kHeldLocksVariable);
  auto locks = TargetLocks::open(options.checkout_dir, held == nullptr ? "" : held);
  if (!locks) {
    base::warn_once("locks", fmt::format("runs of this checkout can't keep out of each other's way: {}",
                                         locks.error().message));
    return;
  }
  locks_ = std::move(*locks);
  running_.emplace(options.checkout_dir);
  running_->end_orphans(*locks_);
  // What they do is not in what was known at the start.
  if (locks_->others_seen()) os::forget_known_looks();
}

Result<std::string> TargetRunner::make_key(const Target& target) {
  const std::lock_guard lock(keys_mutex_);
  return options_.keys.hash(target);
}

Result<TargetLocks::Acquired> TargetRunner::lock(std::size_t index) {
  if (!locks_) return TargetLocks::Acquired{};
  const Target& target = graph_.nodes[index].target;
  auto acquired = locks_->acquire(target.id, output_places(target), stop_, [&](const std::string& why) {
    events_.tell([&](Events& events) { events.target_waiting(index, why); });
  });
  if (!acquired && acquired.error().kind != ErrorKind::cancelled) {
    // A file system without locks: better without them than not at all.
    base::warn_once("locks",
                    "runs of this checkout can't keep out of each other's way: " + acquired.error().message);
    return TargetLocks::Acquired{};
  }
  if (!acquired) return acquired;
  // Another run may have been killed while we were at work already; its scripts would go on writing.
  if (acquired->waited || locks_->others_seen()) running_->end_orphans(*locks_);
  if (running_->end_orphans_of(target)) acquired->waited = true;
  return acquired;
}

Result<std::unique_ptr<CacheHit>> TargetRunner::look_again(std::size_t index,
                                                           const TargetResult& result) const {
  const Target& target = graph_.nodes[index].target;
  if (options_.look_up_near) return options_.look_up_near(result.key, target);
  return options_.cache->look_up(result.key, target);
}

bool TargetRunner::restore(std::size_t index, CacheHit& hit, TargetResult& result, CachePolicy& policy) {
  const base::Stopwatch watch;
  // Most hits of a run are in place; asking for that needs no lock.
  if (const auto report = in_place(hit, result)) {
    take_restored(hit, *report, result);
    return true;
  }
  os::forget_known_looks();
  const auto give_up = [&](const Error& error) {
    result.status = TargetStatus::aborted;
    result.reason = error.message;
    return true;
  };
  if (options_.confirm)
    if (const Status confirmed = options_.confirm(); !confirmed) return give_up(confirmed.error());
  const auto acquired = lock(index);
  if (!acquired) return give_up(acquired.error());
  std::unique_ptr<CacheHit> newer;
  if (acquired->waited) {
    // The other run may have replaced or removed the entry.
    if (auto found = look_again(index, result); found && *found) newer = std::move(*found);
  }
  const bool done = restore_locked(index, newer ? *newer : hit, result, policy);
  result.seconds += watch.seconds();
  return done;
}

std::optional<RestoreReport> TargetRunner::in_place(CacheHit& hit, TargetResult& result) const {
  const base::Stopwatch watch;
  auto report = hit.in_place(options_.stale_outputs);
  result.restore_seconds += watch.seconds();
  result.seconds += watch.seconds();
  return report ? std::move(*report) : std::nullopt;
}

void TargetRunner::take_restored(CacheHit& hit, const RestoreReport& report, TargetResult& result) const {
  result.status = TargetStatus::skipped;
  result.hit = hit.info().source;
  result.reason.clear();
  result.restored = report;
  result.saved_seconds = std::chrono::duration<double>(hit.info().duration).count();
  if (!options_.replay_logs) return;
  if (auto log = hit.log()) result.log = std::move(*log);
}

bool TargetRunner::restore_locked(std::size_t index, CacheHit& hit, TargetResult& result,
                                  CachePolicy& policy) {
  const Target& target = graph_.nodes[index].target;
  const base::Stopwatch watch;
  const auto report = hit.restore(options_.stale_outputs);
  result.restore_seconds += watch.seconds();
  if (report) {
    take_restored(hit, *report, result);
    return true;
  }
  const Error& error = report.error();
  if (error.kind == ErrorKind::unsupported) {
    policy.store = false;
    policy.never_store_because = error.message;
    result.reason = "its outputs can't be restored: " + error.message;
  } else if (error.kind == ErrorKind::corrupt) {
    result.reason = "entry damaged";
  } else {
    result.reason = "its outputs could not be restored";
    base::warn(fmt::format("{}: {}; running it instead", base::printable(target.id), error.message));
  }
  return false;
}

bool TargetRunner::run(std::size_t index, const CachePolicy& policy, TargetResult& result) {
  const base::Stopwatch watch;
  const Target& target = graph_.nodes[index].target;
  CachePolicy own = policy;
  os::forget_known_looks();
  const auto acquired = lock(index);
  if (!acquired) {
    result.status = TargetStatus::aborted;
    result.reason = acquired.error().message;
    return false;
  }
  if (own.look_up && locks_ && (acquired->waited || locks_->others_seen())) {
    auto found = look_again(index, result);
    if (found && *found && restore_locked(index, **found, result, own)) {
      result.seconds += watch.seconds();
      return false;
    }
  }
  const bool is_prepared = own.store || !own.never_store_because.empty();
  if (is_prepared) {
    const base::StageTimer timer(kPreparesStage);
    if (const auto prepared = options_.cache->prepare(target); !prepared) {
      own.store = false;
      own.never_store_because = prepared.error().message;
      base::warn(fmt::format("{}: {}", base::printable(target.id), prepared.error().message));
    }
  }

  events_.tell([&](Events& events) { events.target_started(index, result.reason); });
  LogCapture log;
  const base::Stopwatch run_watch;
  base::StageTimer running(kRunsStage);
  const Ended ended = run_steps(index, acquired->held, result, log);
  running.end();
  result.run_seconds = run_watch.seconds();
  result.log = log.take();
  result.status = ended.stopped ? TargetStatus::aborted
                  : ended.ok    ? TargetStatus::success
                                : TargetStatus::failed;
  bool is_tainted = false;
  if (result.status == TargetStatus::success) {
    std::string why = own.never_store_because;
    if (ended.left_behind) {
      is_tainted = true;
      why = "processes that it had started were still running when it ended";
    } else if (!result.key.empty() && options_.cache != nullptr &&
               (own.store || !graph_.nodes[index].dependents.empty())) {
      // Else nobody would store anything that stands on it.
      if (std::string changed = changed_input(target); !changed.empty()) {
        is_tainted = true;
        why = std::move(changed);
      }
    }
    if (why.empty() && interrupt_.stop_requested()) why = "the run was stopped";
    result.not_stored_because = std::move(why);
  }
  const bool stores =
      own.store && result.status == TargetStatus::success && result.not_stored_because.empty();
  if (stores) {
    store(index, result);
  } else if (is_prepared && !ended.left_behind) {
    // What it left is this target's, as soon as another may look at it.
    if (const auto abandoned = options_.cache->abandon(target); !abandoned)
      base::warn(fmt::format("{}: {}", base::printable(target.id), abandoned.error().message));
  }
  result.seconds += watch.seconds();
  return is_tainted;
}

TargetRunner::Ended TargetRunner::run_steps(std::size_t index, const TargetLocks::Held& held,
                                            TargetResult& result, LogCapture& log) {
  const graph::Node& node = graph_.nodes[index];
  Ended ended;
  Status status;
  auto steps = options_.commands ? options_.commands(node)
                                 : Result<std::vector<Step>>(fail(ErrorKind::invalid, "it has no command"));
  if (!steps) {
    status = tl::make_unexpected(steps.error());
  } else {
    const std::string names = held.names();
    for (Step& step : *steps) {
      if (!names.empty()) set_variable(step.process.env, kHeldLocksVariable, names);
      status = run_step(index, step, log, ended, result);
      if (!status || result.exit_code != 0 || ended.stopped) break;
    }
  }
  if (!status && status.error().kind == ErrorKind::cancelled) {
    ended.stopped = true;
  } else if (!status) {
    // As a shell says it of a command that it can't start.
    result.exit_code = 127;
    const std::string message = status.error().message + "\n";
    log.add(LogStream::err, message);
    events_.tell([&](Events& events) { events.target_output(index, {LogStream::err, message}); });
  }
  ended.ok = status && result.exit_code == 0;
  return ended;
}

Status TargetRunner::run_step(std::size_t index, const Step& step, LogCapture& log, Ended& ended,
                              TargetResult& result) {
  const Target& target = graph_.nodes[index].target;
  const auto told = [&](const Status& status) {
    if (!status)
      base::warn_once("running scripts",
                      fmt::format("scripts are not recorded, so if this run is killed the next can't "
                                  "end them: {}",
                                  status.error().message));
  };
  if (running_) told(running_->add(target));
  const auto print = [&](LogStream stream, std::string_view text) {
    log.add(stream, text);
    events_.tell([&](Events& events) { events.target_output(index, {stream, std::string(text)}); });
  };
  os::ProcessWatch watch;
  watch.started = [&](os::ProcessId id) {
    const bool own_group = step.process.group == os::ProcessSpec::Group::own;
    if (running_ && own_group) told(running_->set_process(target, id));
    if (options_.log_process_ids)
      print(LogStream::out, fmt::format("Running {}, pid: {}\n", base::join(step.process.argv, " "), id.pid));
  };
  watch.output = [&](os::OutputStream stream, std::string_view text) { print(stream_of(stream), text); };
  const auto end = os::run_process(step.process, watch, stop_);
  if (running_) running_->remove(target);
  if (!end) return tl::make_unexpected(end.error());
  result.exit_code = end->exit_code;
  ended.stopped = end->stopped;
  ended.left_behind = ended.left_behind || end->left_behind;
  return {};
}

std::string TargetRunner::changed_input(const Target& target) {
  if (!options_.keys.changed_input) return "";
  const base::StageTimer timer(kInputsStage);
  const std::lock_guard lock(keys_mutex_);
  const auto changed = options_.keys.changed_input(target);
  if (!changed) return "its inputs could not be looked at again: " + changed.error().message;
  if (!*changed) return "";
  if (options_.keys.describe_change) return options_.keys.describe_change(target, **changed);
  return fmt::format("{} changed while it ran", base::printable(**changed));
}

void TargetRunner::store(std::size_t index, TargetResult& result) {
  const base::StageTimer timer(kStoresStage);
  const base::Stopwatch watch;
  const Target& target = graph_.nodes[index].target;
  const auto put = options_.cache->put(
      result.key, target,
      {.log = result.log,
       .duration = std::chrono::nanoseconds(static_cast<std::int64_t>(result.run_seconds * 1e9))});
  result.store_seconds = watch.seconds();
  if (!put) {
    result.not_stored_because = put.error().message;
    base::warn(fmt::format("{} was not stored: {}", base::printable(target.id), put.error().message));
    return;
  }
  result.not_stored_because = put->not_stored_because;
  result.stored = result.not_stored_because.empty() && put->entry != nullptr;
}

}  // namespace stillage::run
