// SPDX-License-Identifier: MIT
#pragma once
// Small repositories for tests of graph/, written as values: nothing is read from disk.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/strings.h"
#include "graph/target_graph.h"

namespace stillage::graph {

struct PackageSpec {
  std::string name;
  std::vector<std::string> scripts;
  std::vector<std::string> needs;
};

struct Repo {
  workspace::Workspace workspace;
  workspace::PackageGraph packages;
  Pipeline pipeline;

  explicit Repo(const std::vector<PackageSpec>& specs, const std::vector<std::string>& root_scripts = {}) {
    workspace.root = "/repo";
    const auto script_pairs = [](const std::vector<std::string>& names) {
      workspace::TextPairs scripts;
      for (const std::string& name : names) scripts.emplace_back(name, "run-" + name);
      return scripts;
    };
    for (const PackageSpec& spec : specs) {
      workspace::Package package;
      package.name = spec.name;
      package.dir = "packages/" + spec.name;
      package.scripts = script_pairs(spec.scripts);
      for (const std::string& need : spec.needs) package.dependencies.push_back({need, "*"});
      workspace.packages.push_back(package);
    }
    workspace.root_package = workspace::Package();
    workspace.root_package->name = "root";
    workspace.root_package->scripts = script_pairs(root_scripts);
    workspace.reindex();
    packages.dependencies.resize(specs.size());
    packages.dependents.resize(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i)
      for (const std::string& need : specs[i].needs) {
        const std::size_t to = workspace.index_of(need).value();
        packages.dependencies[i].push_back(to);
        packages.dependents[to].push_back(i);
      }
  }

  Repo& task(const std::string& id, const std::vector<std::string>& depends_on) {
    TaskDefinition definition;
    definition.depends_on = depends_on;
    return task(id, definition);
  }
  Repo& task(const std::string& id, const TaskDefinition& definition) {
    pipeline.entries.emplace_back(id, definition);
    return *this;
  }

  Result<TargetGraph> graph(const Selection& selection) const {
    return build_target_graph(pipeline, workspace, packages, selection);
  }
  Result<TargetGraph> graph(const std::vector<std::string>& tasks) const {
    Selection selection;
    selection.tasks = tasks;
    return graph(selection);
  }
};

/// "id<dep,dep id id?": all nodes in order with their dependencies; "?" marks those without a command.
inline std::string shape(const TargetGraph& graph) {
  std::vector<std::string> parts;
  for (const Node& node : graph.nodes)
    parts.push_back(
        node.target.id + (node.has_command ? "" : "?") +
        (node.target.dependencies.empty() ? "" : "<" + base::join(node.target.dependencies, ",")));
  return base::join(parts, " ");
}

inline std::string shape(const Result<TargetGraph>& graph) {
  return graph ? shape(*graph) : "error: " + graph.error().message;
}

}  // namespace stillage::graph
