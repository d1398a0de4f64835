// SPDX-License-Identifier: MIT
#include "config/target_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stillage::config {
namespace {

/// The target as lage would pass it.
base::Json describe(const graph::TargetGraph& graph, const graph::Node& node) {
  const Target& target = node.target;
  base::Json dependents = base::Json::array();
  for (const std::size_t dependent : node.dependents) dependents.push_back(graph.nodes[dependent].target.id);
  base::Json described = {
      {"id", target.id},
      {"label", target.package_name.empty() ? target.id : target.package_name + " - " + target.task},
      {"type", node.type},
      {"task", target.task},
      {"cwd", target.cwd},
      {"cache", target.cache},
      {"skipRemoteCache", target.skip_remote_cache},
      {"dependencies", target.dependencies},
      {"dependents", std::move(dependents)},
      {"priority", node.priority},
      {"weight", node.weight},
      {"shouldRun", true}};
  if (!target.package_name.empty()) described["packageName"] = target.package_name;
  if (target.inputs) described["inputs"] = *target.inputs;
  if (target.outputs) described["outputs"] = *target.outputs;
  if (target.environment_glob) described["environmentGlob"] = *target.environment_glob;
  if (node.max_workers > 0) described["maxWorkers"] = node.max_workers;
  if (!node.options_json.empty())
    if (auto options = base::parse_json(node.options_json, "options"))
      described["options"] = std::move(*options);
  return described;
}

/// What JavaScript takes for true.
bool is_truthy(const base::Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.is_null();
}

Status set_weight(graph::Node& node, const base::Json& value) {
  const double weight = value.is_number() ? std::ceil(value.get<double>()) : -1;
  if (!(weight >= 0 && weight < 1e9))
    return fail(ErrorKind::invalid,
                fmt::format("the weight of {} must be a number that is not negative, but its "
                            "function gave {}",
                            node.target.id, base::to_text(value)));
  node.weight = std::max(static_cast<int>(weight), 1);
  return {};
}

}  // namespace

std::unique_ptr<TargetFunctions> TargetFunctions::ask(ScriptConfig& script, const graph::TargetGraph& graph) {
  std::unique_ptr<TargetFunctions> functions(new TargetFunctions(script));
  FunctionCalls asked;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (!node.has_command || (node.weight_function.empty() && node.should_run_function.empty())) continue;
    const std::size_t target = asked.targets.size();
    asked.targets.push_back(describe(graph, node));
    if (!node.should_run_function.empty()) {
      functions->questions_.push_back({i, node.target.id, false});
      asked.calls.push_back({node.should_run_function, target, std::nullopt});
    }
    if (!node.weight_function.empty()) {
      functions->questions_.push_back({i, node.target.id, true});
      asked.calls.push_back({node.weight_function, target,
                             node.max_workers > 0 ? std::optional(node.max_workers) : std::nullopt});
    }
  }
  if (asked.calls.empty()) return nullptr;
  functions->answers_ = std::async(std::launch::async, [&script, asked = std::move(asked)]() mutable {
                          return script.call(std::move(asked));
                        }).share();
  return functions;
}

TargetFunctions::~TargetFunctions() {
  if (!answers_.valid()) return;
  if (answers_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) script_.give_up();
  answers_.wait();
}

bool TargetFunctions::choose() const {
  return std::any_of(questions_.begin(), questions_.end(),
                     [](const Question& question) { return !question.is_weight; });
}

Status TargetFunctions::wait() {
  const Answers& answers = answers_.get();
  return answers ? Status() : tl::make_unexpected(answers.error());
}

Result<bool> TargetFunctions::update(base::StringSet& not_to_run) {
  STILLAGE_TRY(wait());
  const std::vector<base::Json>& answers = *answers_.get();
  bool is_same = true;
  for (std::size_t i = 0; i < questions_.size(); ++i) {
    if (questions_[i].is_weight || is_truthy(answers[i]) != not_to_run.contains(questions_[i].id)) continue;
    is_same = false;
    if (is_truthy(answers[i]))
      not_to_run.erase(questions_[i].id);
    else
      not_to_run.insert(questions_[i].id);
  }
  return is_same;
}

Status TargetFunctions::set_weights(graph::TargetGraph& graph) {
  STILLAGE_TRY(wait());
  const std::vector<base::Json>& answers = *answers_.get();
  for (std::size_t i = 0; i < questions_.size(); ++i)
    if (questions_[i].is_weight) STILLAGE_TRY(set_weight(graph.nodes[questions_[i].node], answers[i]));
  return {};
}

}  // namespace stillage::config
