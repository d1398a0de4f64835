// SPDX-License-Identifier: MIT
#include "workspace/package_graph.h"

#include <algorithm>

#include "workspace/local_dependencies.h"

namespace stillage::workspace {
namespace {

/// A range that some server or archive answers, whatever the workspace has.
bool is_remote(std::string_view range) {
  if (range.starts_with("npm:") || range.starts_with("github:") || range.starts_with("gitlab:") ||
      range.starts_with("bitbucket:") || range.starts_with("gist:") || range.starts_with("git@") ||
      range.starts_with("jsr:") || range.starts_with("exec:"))
    return true;
  if (range.starts_with("patch:")) return range.find("workspace") == std::string_view::npos;
  if (range.find("://") != std::string_view::npos) return true;
  // "owner/repository" on GitHub
  return !range.starts_with("workspace:") && range.find('/') != std::string_view::npos &&
         range.find(' ') == std::string_view::npos;
}

/// `tell(package, add)` calls `add` with each package that this one depends on, itself and none included.
template <class Tell>
PackageGraph graph_of(const Workspace& workspace, const Tell& tell) {
  const std::size_t count = workspace.packages.size();
  PackageGraph graph{std::vector<std::vector<std::size_t>>(count),
                     std::vector<std::vector<std::size_t>>(count)};
  for (std::size_t i = 0; i < count; ++i) {
    auto& edges = graph.dependencies[i];
    tell(workspace.packages[i], [&](std::optional<std::size_t> target) {
      if (target && *target != i) edges.push_back(*target);
    });
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    for (const std::size_t target : edges) graph.dependents[target].push_back(i);
  }
  return graph;
}

}  // namespace

std::optional<std::size_t> internal_dependency(const Workspace& workspace, const Package& package,
                                               const DependencyRange& dependency) {
  const std::string_view range = dependency.range;
  if (const auto place = local_path(range, package.dir)) {
    if (const auto found = workspace.index_of_dir(*place)) return found;
    // Yarn's workspace:path counts from the root.
    if (range.starts_with("workspace:"))
      if (const auto path = local_path(range, "")) return workspace.index_of_dir(*path);
    return std::nullopt;
  }
  if (is_remote(range)) return std::nullopt;
  if (range.starts_with("workspace:")) {
    // pnpm's workspace:name@range is the package of that name under another one.
    const std::string_view rest = range.substr(10);
    const std::size_t at = rest.rfind('@');
    if (at != std::string_view::npos && at > 0) return workspace.index_of(rest.substr(0, at));
  }
  return workspace.index_of(dependency.name);
}

PackageGraph package_graph(const Workspace& workspace) {
  return graph_of(workspace, [&](const Package& package, const auto& add) {
    for (const auto* const list : {&package.dependencies, &package.dev_dependencies,
                                   &package.peer_dependencies, &package.optional_dependencies})
      for (const DependencyRange& dependency : *list)
        add(internal_dependency(workspace, package, dependency));
  });
}

PackageGraph lage_package_graph(const Workspace& workspace) {
  return graph_of(workspace, [&](const Package& package, const auto& add) {
    for (const auto* const list : {&package.dependencies, &package.dev_dependencies})
      for (const DependencyRange& dependency : *list)
        if (!dependency.range.starts_with("npm:") && !dependency.range.starts_with("file:"))
          add(workspace.index_of(dependency.name));
  });
}

}  // namespace stillage::workspace
