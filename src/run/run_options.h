// SPDX-License-Identifier: MIT
#pragma once
// What a run needs from others: keys, a cache, and the commands of targets. The scheduler knows them only so.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/target_graph.h"
#include "os/process.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::run {

/// One process of a target's run. They run in order, and the first that fails ends it.
struct Step {
  /// What it is for people: "prebuild", "build", the command itself.
  std::string title;
  os::ProcessSpec process;
};

/// Gives the processes of a node, at least one. Called from several threads at once.
using CommandSource = std::function<Result<std::vector<Step>>(const graph::Node&)>;

/// When the key of a target is made.
enum class KeyTime {
  /// Of the tree at the start of the run. Every target has a key, and one without leaves its dependents
  /// without.
  at_start,
  /// When its dependencies are done, and only if it is cached: as lage does it.
  when_ready,
};

/// Gives keys, as TargetHasher does. Never called from two threads at once; dependencies come first.
struct KeySource {
  std::function<Result<std::string>(const Target&)> hash;
  std::function<Result<std::optional<std::string>>(const Target&)> changed_input;
  /// A sentence on what changed_input() found, for people; not set: that it changed.
  std::function<std::string(const Target&, const std::string& path)> describe_change;
  KeyTime time = KeyTime::at_start;
};

/// The keys of a hasher (TargetHasher, or what has its two functions) that outlives the run.
template <class Hasher>
KeySource keys_of(Hasher& hasher, KeyTime time = KeyTime::at_start) {
  return {.hash = [&hasher](const Target& target) { return hasher.hash(target); },
          .changed_input = [&hasher](const Target& target) { return hasher.changed_input(target); },
          .describe_change = {},
          .time = time};
}

/// A source of one command, given as its arguments, for the only target of a graph; its input is ours.
CommandSource single_command(std::vector<std::string> argv, const std::string& cwd,
                             std::vector<std::string> env);

struct RunOptions {
  /// The state folder of the checkout (os::open_checkout_dir); "" means to run without locks and records.
  std::string checkout_dir;
  /// Null: nothing is looked up or stored. Must be usable from many threads.
  CacheProvider* cache = nullptr;
  /// What `cache` answers without asking anybody far away: asked first, so that who is found there need not
  /// wait behind those who are not. Null says nothing. Not set: there is nobody far away.
  std::function<Result<std::unique_ptr<CacheHit>>(const std::string& key, const Target& target)>
      look_up_near = {};
  /// Ends the look-ups under way, as soon as nobody wants their answers any more. Not set: they are quick.
  std::function<void()> cancel_look_ups = {};
  KeySource keys;
  CommandSource commands;

  /// Asked before anything is changed, and at the latest in the end: whether the graph still stands. May be
  /// asked from many threads at once, and often. An error ends the run and is its result. Not set: it does.
  std::function<Status()> confirm = {};
  /// Called once, before the first command is chosen, to complete what only commands need: the weights in the
  /// graph.
  std::function<Status()> before_commands = {};

  /// How much weight may run at a time; 0: as many as there are CPUs.
  int concurrency = 0;
  /// After a failure, go on with what does not depend on it; otherwise what runs is stopped.
  bool continue_on_failure = false;
  /// Don't look up, but store: --reset-cache.
  bool reset_cache = false;
  /// Also get the logs of restored targets.
  bool replay_logs = false;
  /// The log of a run names each process that was started, as lage's logs do.
  bool log_process_ids = false;
  StaleOutputs stale_outputs = StaleOutputs::remove;
};

}  // namespace stillage::run
