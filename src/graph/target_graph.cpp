// SPDX-License-Identifier: MIT
#include "graph/target_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>

#include "graph/dependency_specs.h"
#include "graph/package_set.h"
#include "graph/task_table.h"

namespace stillage::graph {
namespace {

constexpr std::size_t kLongestCycleShown = 20;

/// Builds nodes on demand, from what was asked for down to the leaves.
class Builder {
 public:
  Builder(const Pipeline& pipeline, const workspace::Workspace& workspace,
          const workspace::PackageGraph& packages, const Selection& selection)
      : pipeline_(pipeline),
        workspace_(workspace),
        packages_(packages),
        selection_(selection),
        tasks_(pipeline, workspace),
        specs_(tasks_, workspace, packages) {}

  Result<std::vector<Node>> build() {
    STILLAGE_TRY(add_requested());
    for (std::size_t i = 0; i < nodes_.size(); ++i) STILLAGE_TRY(add_dependencies(i));
    add_arguments();
    raise_priorities();
    return std::move(nodes_);
  }

 private:
  struct Pending {
    TargetName name;
    const TaskDefinition* definition;
  };

  Status add_requested();
  Status request(std::string_view asked, const std::vector<std::size_t>& packages);
  Status request_one(std::string_view asked, SplitId id);
  Result<std::size_t> add(const TargetName& name);
  Status add_dependencies(std::size_t index);
  void add_arguments();
  void raise_priorities();

  const Pipeline& pipeline_;
  const workspace::Workspace& workspace_;
  const workspace::PackageGraph& packages_;
  const Selection& selection_;
  TaskTable tasks_;
  DependencySpecs specs_;
  std::vector<Node> nodes_;
  std::vector<Pending> names_;  // of the same index
  base::StringMap<std::size_t> by_id_;
};

Status Builder::add_requested() {
  if (selection_.tasks.empty())
    return fail(ErrorKind::invalid, "no task named: say which to run, like \"build\"");
  STILLAGE_ASSIGN(const auto packages, selected_packages(workspace_, packages_, selection_));
  for (const std::string& task : selection_.tasks) STILLAGE_TRY(request(task, packages));
  return {};
}

Status Builder::request(std::string_view asked, const std::vector<std::size_t>& packages) {
  if (const auto id = split_id(asked)) return request_one(asked, *id);
  if (!tasks_.knows(asked))
    return fail(ErrorKind::invalid,
                fmt::format("no package has a script \"{}\", and no pipeline defines it{}",
                            base::printable(asked), did_you_mean(asked, tasks_.task_names())));
  const auto add_requested_one = [&](std::optional<std::size_t> package) -> Status {
    STILLAGE_ASSIGN(const std::size_t index, add({package, std::string(asked)}));
    nodes_[index].requested = true;
    return {};
  };
  for (const std::size_t package : packages)
    if (tasks_.find(package, asked) != nullptr && !tasks_.is_passed_over(package, asked))
      STILLAGE_TRY(add_requested_one(package));
  if (tasks_.defines_root_task(asked)) STILLAGE_TRY(add_requested_one(std::nullopt));
  return {};
}

Status Builder::request_one(std::string_view asked, SplitId id) {
  TargetName name{std::nullopt, std::string(id.task)};
  if (!id.package.empty()) {
    name.package = workspace_.index_of(id.package);
    if (!name.package)
      return fail(ErrorKind::invalid, fmt::format("{}: there is no package \"{}\"{}", base::printable(asked),
                                                  base::printable(id.package),
                                                  did_you_mean(id.package, package_names(workspace_))));
  }
  if (tasks_.find(name.package, id.task) == nullptr)
    return fail(ErrorKind::invalid, fmt::format("there is no task {}{}", base::printable(asked),
                                                did_you_mean(id.task, tasks_.task_names())));
  STILLAGE_ASSIGN(const std::size_t index, add(name));
  nodes_[index].requested = nodes_[index].named = true;
  return {};
}

Result<std::size_t> Builder::add(const TargetName& name) {
  const auto [known, is_new] = by_id_.try_emplace(tasks_.id_of(name.package, name.task), nodes_.size());
  if (!is_new) return known->second;
  const TaskDefinition& definition = *tasks_.find(name.package, name.task);
  Node node = tasks_.make_node(name, definition);
  if (node.type != "npmScript" && node.type != "noop" && node.type != "worker")
    return fail(
        ErrorKind::unsupported,
        fmt::format("{}: targets of type \"{}\" can't be run here; known are npmScript, worker and noop",
                    definition.origin.empty() ? node.target.id : definition.origin,
                    base::printable(node.type)));
  if (!definition.should_run) drop_command(node);
  nodes_.push_back(std::move(node));
  names_.push_back({name, &definition});
  return nodes_.size() - 1;
}

Status Builder::add_dependencies(std::size_t index) {
  const Pending pending = names_[index];
  STILLAGE_ASSIGN(const auto dependencies, specs_.expand(pending.name, *pending.definition));
  std::vector<std::size_t> found;
  for (const TargetName& dependency : dependencies) {
    STILLAGE_ASSIGN(const std::size_t at, add(dependency));
    found.push_back(at);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  nodes_[index].dependencies = std::move(found);
  return {};
}

void Builder::add_arguments() {
  if (selection_.args.empty()) return;
  // By the task's name, not by what was selected: the key of b#build must not depend on whether it was asked
  // for itself or came in as a dependency of a#build.
  base::StringSet tasks;
  for (const std::string& asked : selection_.tasks) {
    const auto id = split_id(asked);
    tasks.insert(id ? std::string(id->package) + "#" + std::string(id->task) : asked);
  }
  for (Node& node : nodes_)
    if (selection_.args_for_all || tasks.contains(node.target.task) || tasks.contains(node.target.id))
      node.target.args.insert(node.target.args.begin(), selection_.args.begin(), selection_.args.end());
}

void Builder::raise_priorities() {
  for (const TargetPriority& given : pipeline_.priorities) {
    const auto at = by_id_.find(given.package + "#" + given.task);
    if (at == by_id_.end()) continue;
    int& priority = nodes_[at->second].priority;
    priority = priority == 0 ? given.priority : std::max(priority, given.priority);
  }
}

/// Which nodes come when: by id among those that are free to come. Shorter than `nodes` if there is a cycle.
std::vector<std::size_t> topological_order(const std::vector<Node>& nodes) {
  std::vector<std::size_t> by_id(nodes.size());
  std::iota(by_id.begin(), by_id.end(), std::size_t{0});
  std::sort(by_id.begin(), by_id.end(),
            [&](std::size_t a, std::size_t b) { return nodes[a].target.id < nodes[b].target.id; });
  std::vector<std::size_t> rank(nodes.size());
  for (std::size_t i = 0; i < by_id.size(); ++i) rank[by_id[i]] = i;

  std::vector<std::size_t> waiting(nodes.size());
  std::vector<std::vector<std::size_t>> dependents(nodes.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    waiting[i] = nodes[i].dependencies.size();
    for (const std::size_t dependency : nodes[i].dependencies) dependents[dependency].push_back(i);
    if (waiting[i] == 0) free.push(rank[i]);
  }
  std::vector<std::size_t> order;
  while (!free.empty()) {
    const std::size_t next = by_id[free.top()];
    free.pop();
    order.push_back(next);
    for (const std::size_t dependent : dependents[next])
      if (--waiting[dependent] == 0) free.push(rank[dependent]);
  }
  return order;
}

/// "a#build -> b#build -> a#build", for nodes that topological_order left out.
std::string describe_cycle(const std::vector<Node>& nodes, const std::vector<std::size_t>& order) {
  std::vector<bool> is_stuck(nodes.size(), true);
  for (const std::size_t i : order) is_stuck[i] = false;
  const auto first_stuck = [&](const auto& candidates) {
    std::optional<std::size_t> first;
    for (const std::size_t i : candidates)
      if (is_stuck[i] && (!first || nodes[i].target.id < nodes[*first].target.id)) first = i;
    return first;
  };
  std::vector<std::size_t> all(nodes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  // Each stuck node waits for a stuck one, so that walking on meets a node again.
  std::vector<std::size_t> step_of(nodes.size(), std::numeric_limits<std::size_t>::max());
  std::vector<std::size_t> path;
  std::size_t at = first_stuck(all).value_or(0);
  while (step_of[at] == std::numeric_limits<std::size_t>::max()) {
    step_of[at] = path.size();
    path.push_back(at);
    at = first_stuck(nodes[at].dependencies).value_or(at);
  }
  std::string text;
  for (std::size_t i = step_of[at]; i < path.size(); ++i) {
    if (i - step_of[at] == kLongestCycleShown) {
      text += "… -> ";
      break;
    }
    text += base::printable(nodes[path[i]].target.id) + " -> ";
  }
  return text + base::printable(nodes[at].target.id);
}

/// Puts the nodes in order, without those that have no command and nobody waiting for them, unless they are
/// to be kept where they were named.
std::vector<Node> arrange(std::vector<Node> nodes, const std::vector<std::size_t>& order, bool keep_named) {
  std::vector<bool> needed(nodes.size());
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    needed[*i] = needed[*i] || nodes[*i].has_command || (keep_named && nodes[*i].named);
    if (needed[*i])
      for (const std::size_t dependency : nodes[*i].dependencies) needed[dependency] = true;
  }
  std::vector<std::size_t> new_index(nodes.size());
  std::vector<Node> arranged;
  for (const std::size_t i : order) {
    if (!needed[i]) continue;
    new_index[i] = arranged.size();
    arranged.push_back(std::move(nodes[i]));
    Node& node = arranged.back();
    for (std::size_t& dependency : node.dependencies) {
      dependency = new_index[dependency];
      arranged[dependency].dependents.push_back(new_index[i]);
    }
    std::sort(node.dependencies.begin(), node.dependencies.end());
    for (const std::size_t dependency : node.dependencies)
      node.target.dependencies.push_back(arranged[dependency].target.id);
    std::sort(node.target.dependencies.begin(), node.target.dependencies.end());
  }
  for (auto node = arranged.rbegin(); node != arranged.rend(); ++node) {
    int highest = 0;
    for (const std::size_t dependent : node->dependents)
      highest = std::max(highest, arranged[dependent].priority);
    // Chains of absurd priorities stay within int.
    node->priority = std::clamp(node->priority + highest, -(1 << 30) + 1, (1 << 30) - 1);
  }
  return arranged;
}

}  // namespace

std::optional<std::size_t> TargetGraph::find(std::string_view id) const {
  if (by_id_.size() == nodes.size()) {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? std::nullopt : std::optional(at->second);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].target.id == id) return i;
  return std::nullopt;
}

void TargetGraph::reindex() {
  by_id_.clear();
  for (std::size_t i = 0; i < nodes.size(); ++i) by_id_.emplace(nodes[i].target.id, i);
}

Result<TargetGraph> build_target_graph(const Pipeline& pipeline, const workspace::Workspace& workspace,
                                       const workspace::PackageGraph& packages, const Selection& selection) {
  STILLAGE_ASSIGN(auto nodes, Builder(pipeline, workspace, packages, selection).build());
  const std::vector<std::size_t> order = topological_order(nodes);
  if (order.size() < nodes.size())
    return fail(ErrorKind::invalid,
                fmt::format("targets wait for each other: {}; break the circle in the packages' dependencies "
                            "or in the pipeline's dependsOn",
                            describe_cycle(nodes, order)));
  TargetGraph graph;
  // Packages that lack the script are as good as done; where nothing at all was selected, somebody erred.
  if (nodes.empty() && !selection.allow_no_targets)
    return fail(ErrorKind::invalid, fmt::format("nothing to run: no selected package has the task \"{}\"",
                                                base::printable(base::join(selection.tasks, "\", \""))));
  graph.nodes = arrange(std::move(nodes), order, selection.keep_named);
  graph.reindex();
  return graph;
}

std::vector<Target> all_targets(const Pipeline& pipeline, const workspace::Workspace& workspace) {
  const TaskTable tasks(pipeline, workspace);
  std::vector<Target> targets;
  for (const TargetName& name : tasks.all())
    targets.push_back(tasks.make_node(name, *tasks.find(name.package, name.task)).target);
  return targets;
}

std::vector<std::string> all_target_ids(const Pipeline& pipeline, const workspace::Workspace& workspace) {
  const TaskTable tasks(pipeline, workspace);
  std::vector<std::string> ids;
  for (const TargetName& name : tasks.all()) ids.push_back(tasks.id_of(name.package, name.task));
  const auto add_scripts = [&](const std::string& name, const workspace::Package& package) {
    for (const auto& [script, text] : package.scripts) ids.push_back(name + "#" + script);
  };
  for (const workspace::Package& package : workspace.packages) {
    add_scripts(package.name, package);
    if (package.dir.empty()) add_scripts("", package);
  }
  if (workspace.root_package) add_scripts("", *workspace.root_package);
  return ids;
}

void drop_command(Node& node) {
  node.has_command = false;
  node.target.command = {{"noop", ""}};
  node.target.outputs = std::vector<std::string>();
}

}  // namespace stillage::graph
