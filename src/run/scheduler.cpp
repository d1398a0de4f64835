// SPDX-License-Identifier: MIT
#include "run/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/stages.h"
#include "base/strings.h"
#include "os/thread_pool.h"
#include "run/mailbox.h"
#include "run/node_state.h"
#include "run/pending.h"
#include "run/ready_queue.h"
#include "run/target_runner.h"

namespace stillage::run {
namespace {

constinit base::Stage kKeysStage("keys");
constinit base::Stage kLookUpsStage("look-ups");
constinit base::Stage kRestoresStage("restores");

/// Look-ups near by mostly work, those in a remote mostly wait.
constexpr std::size_t kMostNearThreads = 16;
constexpr std::size_t kFarThreads = 32;
constexpr std::size_t kLookUpsAtOnce = 16;
/// However much is allowed to run at a time.
constexpr std::size_t kMostCommandThreads = 256;

/// Whether a message says already whose it is: "id: …" or "outputs of id: …".
bool names_target(const std::string& message, const std::string& id) {
  const std::size_t at = message.find(id + ":");
  return at == 0 || (at != std::string::npos && message[at - 1] == ' ');
}

/// One run; all but the work itself happens on the thread that calls go().
class Scheduler {
 public:
  Scheduler(const graph::TargetGraph& graph, const RunOptions& options, Events& events, std::stop_token stop)
      : graph_(graph),
        options_(options),
        gate_(events),
        nodes_(graph.nodes.size()),
        outer_stop_(std::move(stop)),
        concurrency_(options.concurrency > 0 ? options.concurrency : static_cast<int>(os::cpu_count())),
        queue_(graph, concurrency_) {}

  Result<RunSummary> go();

 private:
  Status open_nodes();
  Status open_node(std::size_t index);
  Status compute_key(std::size_t index);
  void start_look_ups();
  void look_up(std::size_t index);
  void look_up_far(std::size_t index);
  void take_found(std::size_t index, Result<std::unique_ptr<CacheHit>> found);
  void advance(std::size_t index);
  void advance_all();
  void start_commands();
  bool get_ready_for_commands();
  void handle(const Message& message);
  void finish(std::size_t index);
  bool is_stopping() const { return inner_stop_.stop_requested(); }

  const graph::TargetGraph& graph_;
  const RunOptions& options_;
  EventGate gate_;
  std::vector<NodeState> nodes_;
  std::stop_token outer_stop_;
  std::stop_source inner_stop_;
  int concurrency_;
  ReadyQueue queue_;
  /// Nodes to look at: their last dependency is done, or it became known whether they hit.
  std::vector<std::size_t> ready_;
  /// Nodes to look up, that no worker has been given yet.
  std::vector<std::size_t> to_look_up_;
  /// Whether this run has begun to change files: what was in place before need not be so any more.
  std::atomic<bool> has_changed_files_ = false;
  /// Restores that have to wait until a command has ended.
  std::vector<std::size_t> held_back_;
  Mailbox mailbox_;
  base::Stopwatch watch_;
  std::size_t at_work_ = 0;
  bool interrupted_ = false;
  bool is_ready_for_commands_ = false;
  std::optional<Error> error_;  ///< that ends the run
  RunSummary summary_;

  std::optional<TargetRunner> runner_;
  // The pools come last: they are gone, with all their tasks, before anything that those use.
  std::optional<os::ThreadPool> restore_pool_, command_pool_, far_pool_, near_pool_;
};

Status Scheduler::compute_key(std::size_t index) {
  NodeState& node = nodes_[index];
  const Target& target = graph_.nodes[index].target;
  const bool at_start = options_.keys.time == KeyTime::at_start;
  if (at_start) {
    for (const std::size_t dependency : graph_.nodes[index].dependencies)
      if (nodes_[dependency].result.key.empty()) return {};
  } else if (options_.cache == nullptr || !target.cache || !graph_.nodes[index].has_command) {
    return {};
  }
  auto key = runner_->make_key(target);
  if (key) {
    node.result.key = std::move(*key);
    return {};
  }
  if (at_start && key.error().kind == ErrorKind::invalid) {
    return names_target(key.error().message, target.id) ? tl::make_unexpected(key.error())
                                                        : fail_in(target.id, key.error());
  }
  base::warn(fmt::format("{}{} without the cache: {}", base::printable(target.id),
                         at_start ? " and what depends on it run" : " runs", key.error().message));
  return {};
}

/// Makes the key of a node, and starts to look it up.
Status Scheduler::open_node(std::size_t index) {
  const graph::Node& node = graph_.nodes[index];
  NodeState& state = nodes_[index];
  state.is_open = true;
  const base::StageTimer timer(kKeysStage);
  const base::Stopwatch watch;
  if (options_.keys.hash) STILLAGE_TRY(compute_key(index));
  summary_.hash_seconds += watch.seconds();
  if (!node.has_command) return {};
  const bool is_cached = options_.cache != nullptr && node.target.cache && !state.result.key.empty();
  state.policy = {
      .look_up = is_cached && !options_.reset_cache, .store = is_cached, .never_store_because = {}};
  state.result.reason = options_.cache == nullptr  ? "the cache is off"
                        : !node.target.cache       ? "not cached"
                        : state.result.key.empty() ? "it has no key"
                        : options_.reset_cache     ? "--reset-cache"
                                                   : "no entry";
  if (!state.policy.look_up) return {};
  state.is_looking_up = true;
  ++at_work_;
  to_look_up_.push_back(index);
  return {};
}

Status Scheduler::open_nodes() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].open_dependencies = graph_.nodes[i].dependencies.size();
    if (options_.keys.time != KeyTime::at_start) continue;
    STILLAGE_TRY(open_node(i));
    if (to_look_up_.size() == kLookUpsAtOnce) start_look_ups();
  }
  start_look_ups();
  return {};
}

/// Several at once: to wake a worker takes as long as a look-up.
void Scheduler::start_look_ups() {
  if (to_look_up_.empty()) return;
  near_pool_->post([this, indexes = std::exchange(to_look_up_, {})] {
    for (const std::size_t index : indexes) look_up(index);
  });
}

/// On a worker. What is found is also compared with the disk right away, as most of it will be in place.
void Scheduler::look_up(std::size_t index) {
  NodeState& node = nodes_[index];
  if (!is_stopping()) {
    const base::StageTimer timer(kLookUpsStage);
    const base::Stopwatch watch;
    const Target& target = graph_.nodes[index].target;
    auto found = options_.look_up_near ? options_.look_up_near(node.result.key, target)
                                       : options_.cache->look_up(node.result.key, target);
    if (options_.look_up_near && !(found && *found)) return look_up_far(index);
    take_found(index, std::move(found));
    node.result.look_up_seconds = watch.seconds();
  }
  // Not where a log has to be read, too, or something is being changed.
  if (node.hit && !options_.replay_logs && !has_changed_files_) {
    const base::StageTimer timer(kRestoresStage);
    node.in_place = runner_->in_place(*node.hit, node.result);
  }
  mailbox_.post({Message::Kind::looked_up, index});
}

/// The same node goes on where waiting for a remote is in nobody's way.
void Scheduler::look_up_far(std::size_t index) {
  far_pool_->post([this, index] {
    NodeState& node = nodes_[index];
    const base::StageTimer timer(kLookUpsStage);
    const base::Stopwatch watch;
    if (!is_stopping())
      take_found(index, options_.cache->look_up(node.result.key, graph_.nodes[index].target));
    node.result.look_up_seconds = watch.seconds();
    mailbox_.post({Message::Kind::looked_up, index});
  });
}

void Scheduler::take_found(std::size_t index, Result<std::unique_ptr<CacheHit>> found) {
  NodeState& node = nodes_[index];
  if (found) {
    node.hit = std::move(*found);
    return;
  }
  node.result.reason = "the cache could not be asked";
  base::warn(fmt::format("{}: {}", base::printable(graph_.nodes[index].target.id), found.error().message));
}

/// Takes the next step with a node whose dependencies are done and of which it is known whether it is a hit.
void Scheduler::advance(std::size_t index) {
  NodeState& node = nodes_[index];
  if (node.open_dependencies > 0 || is_stopping()) return;
  if (!node.is_open) (void)open_node(index);  // no error ends a run that has begun
  start_look_ups();
  if (node.is_looking_up) return;
  node.result.start_seconds = watch_.seconds();
  if (!graph_.nodes[index].has_command) {
    node.result.status = TargetStatus::skipped;
    node.result.reason = "nothing to run";
    finish(index);
  } else if (node.hit && queue_.writes_beside_running(index)) {
    // It would take what the command is making for stale.
    held_back_.push_back(index);
  } else if (node.in_place && !has_changed_files_) {
    runner_->take_restored(*node.hit, *node.in_place, node.result);
    node.hit.reset();
    finish(index);
  } else if (node.hit) {
    ++at_work_;
    has_changed_files_ = true;
    restore_pool_->post([this, index] {
      const base::StageTimer timer(kRestoresStage);
      NodeState& own = nodes_[index];
      const bool is_done = runner_->restore(index, *own.hit, own.result, own.policy);
      own.hit.reset();
      mailbox_.post({is_done ? Message::Kind::restored : Message::Kind::must_run, index});
    });
  } else {
    queue_.push(index);
  }
}

/// With a list instead of recursion, as chains of nodes without a command may be long.
void Scheduler::advance_all() {
  while (!ready_.empty()) {
    const std::size_t index = ready_.back();
    ready_.pop_back();
    advance(index);
  }
}

/// False if the run has to end.
bool Scheduler::get_ready_for_commands() {
  if (is_ready_for_commands_) return true;
  Status ready = options_.confirm ? options_.confirm() : Status();
  if (ready && options_.before_commands) ready = options_.before_commands();
  is_ready_for_commands_ = ready.has_value();
  if (ready) return true;
  error_ = ready.error();
  inner_stop_.request_stop();
  return false;
}

void Scheduler::start_commands() {
  if (is_stopping() || queue_.is_empty() || !get_ready_for_commands()) return;
  while (const auto index = queue_.pop()) {
    if (!command_pool_) {
      command_pool_.emplace(
          std::min({static_cast<std::size_t>(concurrency_), nodes_.size(), kMostCommandThreads}));
    }
    NodeState& node = nodes_[*index];
    if (node.policy.store && !node.taint.empty()) {
      node.policy.store = false;
      node.policy.never_store_because = node.taint;
    }
    ++at_work_;
    has_changed_files_ = true;
    command_pool_->post([this, index = *index] {
      NodeState& own = nodes_[index];
      const bool is_tainted = runner_->run(index, own.policy, own.result);
      mailbox_.post({Message::Kind::ran, index, is_tainted});
    });
  }
}

void Scheduler::finish(std::size_t index) {
  NodeState& node = nodes_[index];
  gate_.tell([&](Events& events) { events.target_finished(index, node.result); });
  const TargetStatus status = node.result.status;
  if (status != TargetStatus::success && status != TargetStatus::skipped) {
    if (!options_.continue_on_failure) inner_stop_.request_stop();
    return;
  }
  std::string taint = node.taint;
  if (node.is_tainted)
    taint = fmt::format("{} can't be relied on: {}", base::printable(graph_.nodes[index].target.id),
                        node.result.not_stored_because);
  for (const std::size_t dependent : graph_.nodes[index].dependents) {
    NodeState& next = nodes_[dependent];
    if (next.taint.empty()) next.taint = taint;
    if (--next.open_dependencies == 0) ready_.push_back(dependent);
  }
}

void Scheduler::handle(const Message& message) {
  const std::size_t index = message.index;
  if (message.kind == Message::Kind::stop) {
    interrupted_ = true;
    inner_stop_.request_stop();
    return;
  }
  --at_work_;
  NodeState& node = nodes_[index];
  switch (message.kind) {
    case Message::Kind::looked_up:
      node.is_looking_up = false;
      ready_.push_back(index);
      break;
    case Message::Kind::restored:
      finish(index);
      break;
    case Message::Kind::must_run:
      if (!is_stopping()) queue_.push(index);
      break;
    case Message::Kind::ran:
      queue_.finish(index);
      ready_.insert(ready_.end(), held_back_.begin(), held_back_.end());
      held_back_.clear();
      node.is_tainted = message.is_tainted;
      finish(index);
      break;
    case Message::Kind::stop:
      break;
  }
}

Result<RunSummary> Scheduler::go() {
  summary_.start_ns = base::now_ns();
  if (options_.cache != nullptr) {
    const std::size_t most = std::max<std::size_t>(1, nodes_.size());
    near_pool_.emplace(std::min({os::cpu_count() + 1, kMostNearThreads, most}));
    restore_pool_.emplace(std::min(os::cpu_count(), most));
    if (options_.look_up_near) far_pool_.emplace(std::min(kFarThreads, most));
  }
  runner_.emplace(graph_, options_, gate_, inner_stop_.get_token(), outer_stop_);
  const std::stop_callback on_stop(outer_stop_, [this] {
    // Commands are told here and now; the rest when the coordinating thread comes to it.
    inner_stop_.request_stop();
    mailbox_.post({Message::Kind::stop});
  });
  const std::stop_callback on_end(inner_stop_.get_token(), [this] {
    if (options_.cancel_look_ups) options_.cancel_look_ups();
  });
  if (auto opened = open_nodes(); !opened) {
    inner_stop_.request_stop();
    return tl::make_unexpected(std::move(opened).error());
  }
  gate_.tell([&](Events& events) { events.run_started(graph_); });
  for (std::size_t i = nodes_.size(); i-- > 0;)
    if (graph_.nodes[i].dependencies.empty()) ready_.push_back(i);
  while (true) {
    advance_all();
    start_commands();
    if (at_work_ == 0) break;
    handle(mailbox_.take());
  }
  interrupted_ = interrupted_ || outer_stop_.stop_requested();
  if (!interrupted_ && !error_ && options_.confirm)
    if (const Status confirmed = options_.confirm(); !confirmed) error_ = confirmed.error();
  if (error_ && !interrupted_) return tl::make_unexpected(*error_);
  for (NodeState& node : nodes_) summary_.targets.push_back(std::move(node.result));
  explain_pending(graph_, interrupted_, summary_.targets);
  summary_.interrupted = interrupted_;
  summary_.seconds = watch_.seconds();
  gate_.tell([&](Events& events) { events.run_finished(summary_); });
  return std::move(summary_);
}

}  // namespace

Result<RunSummary> run_targets(const graph::TargetGraph& graph, const RunOptions& options, Events& events,
                               std::stop_token stop) {
  try {
    return Scheduler(graph, options, events, std::move(stop)).go();
  } catch (const std::exception& error) {
    // No memory, or no more threads.
    return fail(ErrorKind::io, fmt::format("the run could not go on: {}", error.what()));
  }
}

}  // namespace stillage::run
