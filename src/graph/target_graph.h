// SPDX-License-Identifier: MIT
#pragma once
// From pipeline and packages to the targets of a run and their order. Pure: nothing is read or run.
//
// A package without the script of a task still has a node, without a command, where others depend on it: a
// chain a -> b -> c keeps its order, and its keys, whichever of the three have something to do.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "graph/pipeline.h"
#include "stillage/result.h"
#include "stillage/target.h"
#include "workspace/package_graph.h"
#include "workspace/workspace.h"

namespace stillage::graph {

/// What is asked for on the command line.
struct Selection {
  /// "build", "package#build", "#lint" or "//#lint".
  std::vector<std::string> tasks;
  /// Patterns of package names whose targets are run, dependents included if with_dependents. A pattern
  /// without
  /// "@" is matched against names without their scope. Case does not count.
  std::vector<std::string> scope;
  /// As scope, always without dependents.
  std::vector<std::string> to;
  /// Where neither scope nor to is given: start from these packages (what changed) instead of from all.
  std::optional<std::vector<std::size_t>> changed_packages;
  bool with_dependents = true;
  /// Also start from the dependencies of the packages that scope, to and changed_packages name.
  bool with_dependencies = false;
  /// Selecting no target at all is no error. (That selected packages lack the script never is one.)
  bool allow_no_targets = false;
  /// Keep a target that `tasks` name by its id although it runs nothing and nobody waits for it: to ask about
  /// it, not to run it.
  bool keep_named = false;
  /// What stood after "--": given to the tasks named here, not to what they depend on.
  std::vector<std::string> args;
  /// The arguments are for every target of the run, as in lage.
  bool args_for_all = false;
};

/// A target of a run, and what the scheduler needs of it.
struct Node {
  Target target;
  std::optional<std::size_t> package;  ///< index in Workspace::packages; none for a root target
  /// False for a noop and where there is no such script: keeps the order and passes the key on.
  bool has_command = false;
  /// Named on the command line, in a package that was asked for.
  bool requested = false;
  /// Named there by its id.
  bool named = false;

  std::string type;          ///< "npmScript", "worker" or "noop"
  std::string script;        ///< name of the script to run, for "npmScript"
  std::string worker;        ///< file of the worker, relative to the root, for "worker"
  std::string node_options;  ///< to be added to NODE_OPTIONS
  std::string options_json;  ///< further options of the target, as JSON text; "" for none

  int weight = 1;
  int priority = 0;     ///< its own, plus the highest of its dependents'
  int max_workers = 0;  ///< most targets of this task at a time; 0: no limit of its own
  std::string weight_function, should_run_function;

  std::vector<std::size_t> dependencies, dependents;  ///< indexes of nodes, sorted
};

/// Nodes in topological order: dependencies come first. The order of two targets never depends on which
/// others were selected.
struct TargetGraph {
  std::vector<Node> nodes;

  /// The index of the target with this id.
  std::optional<std::size_t> find(std::string_view id) const;
  /// Makes find() O(1) again after `nodes` has changed (without it, find() searches).
  void reindex();

 private:
  base::StringMap<std::size_t> by_id_;
};

/// The graph of everything that was selected and all that it depends on. Errors (invalid): unknown tasks and
/// packages with the nearest known name, cycles, a scope that fits no package; (unsupported): a type of
/// target that can't be run.
Result<TargetGraph> build_target_graph(const Pipeline& pipeline, const workspace::Workspace& workspace,
                                       const workspace::PackageGraph& packages, const Selection& selection);

/// All targets that the pipeline defines in the whole repository, whatever is selected; no dependencies
/// filled in. What they declare as outputs is nobody's input.
std::vector<Target> all_targets(const Pipeline& pipeline, const workspace::Workspace& workspace);

/// The ids of all targets that `run` could run, those of scripts that no pipeline names included.
std::vector<std::string> all_target_ids(const Pipeline& pipeline, const workspace::Workspace& workspace);

/// Takes away a node's command, as where its shouldRun said no.
void drop_command(Node& node);

}  // namespace stillage::graph
