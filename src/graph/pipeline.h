// SPDX-License-Identifier: MIT
#pragma once
// What a configuration says of tasks: which there are, what each needs, reads and writes, and how it is run.
// A plain value that config/ fills, already checked for types; graph/ turns it and the packages into targets.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stillage/target.h"

namespace stillage::graph {

/// One entry of a pipeline.
struct TaskDefinition {
  /// "task", "^task", "^^task", "package#task", "#task" or "//#task".
  std::vector<std::string> depends_on;
  std::optional<std::vector<std::string>> inputs, outputs, environment_glob;
  std::vector<std::string> env, pass_through_env, key_on;
  std::optional<EnvMode> env_mode;
  bool cache = true;
  bool skip_remote_cache = false;
  std::optional<bool> clean;
  std::optional<AbsolutePaths> absolute_paths;
  int weight = 1;
  int priority = 0;
  int max_workers = 0;  ///< 0: no limit of its own
  bool should_run = true;
  /// "npmScript", "noop", "worker"; "" means npmScript.
  std::string type;
  /// The script to run where it isn't named like the task.
  std::string script;
  /// The file of a "worker", relative to the root.
  std::string worker;
  std::string node_options;
  /// Arguments that come after those of the command line.
  std::vector<std::string> task_args;
  /// The `options` as JSON text, without what the four fields above hold; "" if nothing is left.
  std::string options_json;
  /// Ids of functions in a JavaScript configuration that give the weight or decide whether to run; "" for
  /// none.
  std::string weight_function, should_run_function;
  /// Where it stands, for messages: "stillage.config.json:12", "lage.config.js (pipeline.build)".
  std::string origin;
};

/// What applies to targets that say nothing themselves.
struct TargetDefaults {
  std::optional<std::vector<std::string>> outputs;
  std::vector<std::string> env, pass_through_env, key_on;  ///< these are added to a target's own
  EnvMode env_mode = EnvMode::loose;
  std::optional<bool> clean;
  AbsolutePaths absolute_paths = AbsolutePaths::bind;
};

/// A priority given from outside the pipeline; the higher one counts.
struct TargetPriority {
  std::string package;
  std::string task;
  int priority = 0;
};

struct Pipeline {
  /// "task" (of every package), "package#task", "#task" (of the root), in order: where several fit a target,
  /// the last one counts alone. No entries at all mean that each script `x` exists and depends on `^x`.
  std::vector<std::pair<std::string, TaskDefinition>> entries;
  TargetDefaults defaults;
  std::vector<TargetPriority> priorities;
  /// Whether `^task`, `^^task` and tasks named on the command line pass over packages that lack the script,
  /// with all that those would have waited for (lage's enablePhantomTargetOptimization).
  bool passes_over_missing_scripts = false;
};

}  // namespace stillage::graph
