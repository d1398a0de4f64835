// SPDX-License-Identifier: MIT
#pragma once
// From a target to the processes that run it: the scripts of its package with what their npm client would
// give them (docs/scripts.md), started directly, or that client's `run` where its settings ask for more than
// we imitate.

#include <memory>
#include <string>
#include <vector>

#include "graph/target_graph.h"
#include "run/environment.h"
#include "run/run_options.h"
#include "stillage/result.h"
#include "workspace/workspace.h"

namespace stillage::run {

struct ScriptOptions {
  /// "npm", "yarn" or "pnpm"; "" means the workspace's.
  std::string npm_client;
  /// "client": always through the client.
  std::string run_scripts_with;
  /// Whether what scripts print goes to a terminal that shows colour.
  bool color = false;
  /// Scripts are started just as lage starts them: npm unless `npm_client` says otherwise, always through the
  /// client, arguments after "--".
  bool like_lage = false;
};

/// Safe for use from many threads at once.
class ScriptCommands {
 public:
  /// `workspace` must outlive this.
  ScriptCommands(const workspace::Workspace& workspace, ScriptOptions options, Environment environment);
  ~ScriptCommands();

  /// The processes of this node, at least one. Errors: there is no such script, its package.json can't be
  /// read, or the target is of a type that can't be run.
  Result<std::vector<Step>> steps(const graph::Node& node) const;

  /// Why scripts go through the client's `run`; "" if they are started directly.
  const std::string& through_client_because() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stillage::run
