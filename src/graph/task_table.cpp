// SPDX-License-Identifier: MIT
#include "graph/task_table.h"

#include <algorithm>

namespace stillage::graph {
namespace {

std::vector<std::string> joined(const std::vector<std::string>& common, const std::vector<std::string>& own) {
  std::vector<std::string> all = common;
  for (const std::string& name : own)
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  return all;
}

/// Which command runs, for the key: every text that has a say in it, labelled.
std::vector<std::pair<std::string, std::string>> command_of(const Node& node,
                                                            const workspace::Package* package,
                                                            const std::string& root) {
  if (!node.has_command) return {{"noop", ""}};
  // JavaScript configurations tend to hold absolute paths; the key must not say where the checkout lies.
  const auto anywhere = [&](const std::string& text) {
    return base::replace_all(text, root + "/", "<root>/");
  };
  std::vector<std::pair<std::string, std::string>> command;
  if (node.type == "worker") {
    command.emplace_back("worker", node.worker);
    if (!node.options_json.empty()) command.emplace_back("options", anywhere(node.options_json));
  } else {
    command.emplace_back("script", node.script);
    const auto add = [&](const char* label, const std::string& script) {
      if (package == nullptr) return;
      if (const std::string* const text = package->script(script)) command.emplace_back(label, *text);
    };
    add("pre", "pre" + node.script);
    add("main", node.script);
    add("post", "post" + node.script);
  }
  if (!node.node_options.empty()) command.emplace_back("nodeOptions", anywhere(node.node_options));
  return command;
}

}  // namespace

std::optional<SplitId> split_id(std::string_view id) {
  const std::size_t hash = id.find('#');
  if (hash == std::string_view::npos) return std::nullopt;
  const std::string_view package = id.substr(0, hash);
  return SplitId{package == "//" ? std::string_view() : package, id.substr(hash + 1)};
}

TaskTable::TaskTable(const Pipeline& pipeline, const workspace::Workspace& workspace)
    : pipeline_(pipeline), workspace_(workspace) {
  for (std::size_t i = 0; i < pipeline.entries.size(); ++i) {
    const auto split = split_id(pipeline.entries[i].first);
    if (!split) {
      entry_by_id_[pipeline.entries[i].first] = i;
      add_task_name(pipeline.entries[i].first);
    } else {
      entry_by_id_[std::string(split->package) + "#" + std::string(split->task)] = i;
      if (split->package.empty() || workspace.index_of(split->package)) add_task_name(split->task);
    }
  }
  for (const workspace::Package& package : workspace.packages)
    for (const auto& [script, text] : package.scripts) {
      add_task_name(script);
      const auto [implied, is_new] = implied_.try_emplace(script);
      if (is_new && pipeline.entries.empty()) implied->second.depends_on = {"^" + script};
    }
}

void TaskTable::add_task_name(std::string_view task) {
  if (known_tasks_.emplace(task).second) task_names_.emplace_back(task);
}

const workspace::Package* TaskTable::package_of(std::optional<std::size_t> package) const {
  if (package) return &workspace_.packages[*package];
  if (workspace_.root_package) return &*workspace_.root_package;
  const auto in_root = workspace_.index_of_dir("");
  return in_root ? &workspace_.packages[*in_root] : nullptr;
}

std::string TaskTable::id_of(std::optional<std::size_t> package, std::string_view task) const {
  std::string id = package ? workspace_.packages[*package].name : std::string();
  id += '#';
  id += task;
  return id;
}

const TaskDefinition* TaskTable::find(std::optional<std::size_t> package, std::string_view task) const {
  const auto own = entry_by_id_.find(id_of(package, task));
  const auto common = package ? entry_by_id_.find(task) : entry_by_id_.end();
  const bool has_own = own != entry_by_id_.end();
  if (common != entry_by_id_.end() && (!has_own || common->second > own->second))
    return &pipeline_.entries[common->second].second;
  if (has_own) return &pipeline_.entries[own->second].second;

  const workspace::Package* const where = package_of(package);
  const bool has_script = where != nullptr && where->script(task) != nullptr;
  if (!package) return has_script ? &implied_root_ : nullptr;
  const auto implied = implied_.find(task);
  if (implied == implied_.end()) return nullptr;
  return has_script || pipeline_.entries.empty() ? &implied->second : nullptr;
}

bool TaskTable::is_passed_over(std::size_t package, std::string_view task) const {
  if (!pipeline_.passes_over_missing_scripts) return false;
  const TaskDefinition* const definition = find(package, task);
  const bool is_script =
      definition != nullptr && (definition->type.empty() || definition->type == "npmScript");
  return is_script && workspace_.packages[package].script(task) == nullptr;
}

bool TaskTable::defines_root_task(std::string_view task) const {
  return entry_by_id_.contains("#" + std::string(task));
}

bool TaskTable::knows(std::string_view task) const {
  return known_tasks_.contains(task);
}

std::vector<TargetName> TaskTable::all() const {
  std::vector<TargetName> names;
  base::StringSet seen;
  const auto add = [&](std::optional<std::size_t> package, std::string_view task) {
    if (seen.insert(id_of(package, task)).second) names.push_back({package, std::string(task)});
  };
  for (const auto& [id, definition] : pipeline_.entries) {
    const auto split = split_id(id);
    if (!split)
      for (std::size_t i = 0; i < workspace_.packages.size(); ++i) add(i, id);
    else if (split->package.empty())
      add(std::nullopt, split->task);
    else if (const auto package = workspace_.index_of(split->package))
      add(*package, split->task);
  }
  if (pipeline_.defaults.outputs)
    for (std::size_t i = 0; i < workspace_.packages.size(); ++i)
      for (const auto& [script, text] : workspace_.packages[i].scripts) add(i, script);
  return names;
}

Node TaskTable::make_node(const TargetName& name, const TaskDefinition& definition) const {
  const workspace::Package* const package = package_of(name.package);
  const TargetDefaults& defaults = pipeline_.defaults;
  Node node;
  node.package = name.package;
  node.type = definition.type.empty() ? "npmScript" : definition.type;
  node.script = definition.script.empty() ? name.task : definition.script;
  node.worker = definition.worker;
  node.node_options = definition.node_options;
  node.options_json = definition.options_json;
  node.weight = definition.weight;
  node.priority = definition.priority;
  node.max_workers = definition.max_workers;
  node.weight_function = definition.weight_function;
  node.should_run_function = definition.should_run_function;
  node.has_command = node.type == "npmScript" ? package != nullptr && package->script(node.script) != nullptr
                                              : node.type != "noop";

  Target& target = node.target;
  target.id = id_of(name.package, name.task);
  if (name.package) target.package_name = package->name;
  target.task = name.task;
  target.cwd = workspace_.root;
  if (name.package && !package->dir.empty()) target.cwd += "/" + package->dir;
  target.cache = definition.cache;
  target.skip_remote_cache = definition.skip_remote_cache;
  target.inputs = definition.inputs;
  target.outputs = definition.outputs ? definition.outputs : defaults.outputs;
  if (target.outputs)
    target.outputs_origin = definition.outputs ? definition.origin : "cacheOptions.outputGlob";
  target.environment_glob = definition.environment_glob;
  target.env = joined(defaults.env, definition.env);
  target.pass_through_env = joined(defaults.pass_through_env, definition.pass_through_env);
  target.env_mode = definition.env_mode.value_or(defaults.env_mode);
  target.key_on = joined(defaults.key_on, definition.key_on);
  target.args = definition.task_args;
  target.clean = definition.clean ? definition.clean : defaults.clean;
  target.absolute_paths = definition.absolute_paths.value_or(defaults.absolute_paths);
  target.command = command_of(node, package, workspace_.root);
  if (!node.has_command) drop_command(node);
  return node;
}

}  // namespace stillage::graph
