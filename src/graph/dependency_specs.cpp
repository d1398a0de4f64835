// SPDX-License-Identifier: MIT
#include "graph/dependency_specs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "graph/package_set.h"

namespace stillage::graph {

DependencySpecs::DependencySpecs(const TaskTable& tasks, const workspace::Workspace& workspace,
                                 const workspace::PackageGraph& packages)
    : tasks_(tasks),
      workspace_(workspace),
      packages_(packages),
      all_dependencies_(workspace.packages.size()) {}

const std::vector<std::size_t>& DependencySpecs::all_dependencies(std::size_t package) {
  auto& known = all_dependencies_[package];
  if (!known) {
    known = reachable({package}, packages_.dependencies);
    std::erase(*known, package);
  }
  return *known;
}

Status DependencySpecs::add_named(const std::string& where, SplitId id, std::vector<TargetName>& found) {
  std::optional<std::size_t> package;
  if (!id.package.empty()) {
    package = workspace_.index_of(id.package);
    if (!package)
      return fail(ErrorKind::invalid,
                  fmt::format("{}: there is no package \"{}\"{}", where, base::printable(id.package),
                              did_you_mean(id.package, package_names(workspace_))));
  }
  if (tasks_.find(package, id.task) == nullptr)
    return fail(ErrorKind::invalid,
                fmt::format("{}: {} has no task \"{}\"{}", where,
                            package ? fmt::format("package \"{}\"", base::printable(id.package)) : "the root",
                            base::printable(id.task), did_you_mean(id.task, tasks_.task_names())));
  found.push_back({package, std::string(id.task)});
  return {};
}

Status DependencySpecs::add(const TargetName& target, const std::string& origin, std::string_view spec,
                            std::vector<TargetName>& found) {
  const auto where = [&] {
    return fmt::format("{}: dependsOn \"{}\" of {}", origin.empty() ? "pipeline" : origin,
                       base::printable(spec), base::printable(tasks_.id_of(target.package, target.task)));
  };
  const auto add_in = [&](std::optional<std::size_t> package, std::string_view task) {
    if (tasks_.find(package, task) != nullptr) found.push_back({package, std::string(task)});
  };
  if (const auto id = split_id(spec)) return add_named(where(), *id, found);
  const std::string_view named = spec.substr(std::min(spec.find_first_not_of('^'), spec.size()));
  if (!tasks_.knows(named))
    base::warn_once(
        fmt::format("dependsOn {}", spec),
        fmt::format("{} means nothing: no package has such a script, and no pipeline defines it{}", where(),
                    did_you_mean(named, tasks_.task_names())));
  if (spec.starts_with("^")) {
    if (!target.package)
      return fail(ErrorKind::invalid, where() +
                                          ": a target of the root has no dependencies among the packages; "
                                          "name the task without \"^\" to wait for it in all packages");
    const bool transitive = spec.starts_with("^^");
    const std::string_view task = spec.substr(transitive ? 2 : 1);
    for (const std::size_t package :
         transitive ? all_dependencies(*target.package) : packages_.dependencies[*target.package])
      if (!tasks_.is_passed_over(package, task)) add_in(package, task);
    return {};
  }
  if (target.package) {
    add_in(target.package, spec);
    return {};
  }
  for (std::size_t i = 0; i < workspace_.packages.size(); ++i) add_in(i, spec);
  if (spec != target.task && tasks_.defines_root_task(spec))
    found.push_back({std::nullopt, std::string(spec)});
  return {};
}

Result<std::vector<TargetName>> DependencySpecs::expand(const TargetName& target,
                                                        const TaskDefinition& definition) {
  std::vector<TargetName> found;
  for (const std::string& spec : definition.depends_on)
    STILLAGE_TRY(add(target, definition.origin, spec, found));
  return found;
}

}  // namespace stillage::graph
