// SPDX-License-Identifier: MIT
#include "graph/package_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "glob/pattern_list.h"

namespace stillage::graph {
namespace {

using Indexes = std::vector<std::size_t>;

void unite(Indexes& into, const Indexes& more) {
  into.insert(into.end(), more.begin(), more.end());
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

std::string_view without_scope(std::string_view name) {
  const std::size_t slash = name.find('/');
  return name.starts_with('@') && slash != std::string_view::npos ? name.substr(slash + 1) : name;
}

/// The packages whose names the patterns select, as a whole list: a "!" entry takes away from the others.
Result<Indexes> matching(const workspace::Workspace& workspace, const std::vector<std::string>& patterns) {
  // Patterns with a scope see whole names, the others see names without it: two lists, not one.
  std::vector<std::string> scoped;
  std::vector<std::string> bare;
  for (const std::string& pattern : patterns)
    (pattern.starts_with('@') || pattern.starts_with("!@") ? scoped : bare)
        .push_back(base::to_lower(pattern));
  Indexes found;
  for (const bool with_scope : {true, false}) {
    const auto& own = with_scope ? scoped : bare;
    if (own.empty()) continue;
    auto list = glob::PatternList::compile(own, {.dot = false}, glob::OnlyNegated::everything);
    if (!list) return fail_in("--scope", list.error());
    for (std::size_t i = 0; i < workspace.packages.size(); ++i) {
      const std::string& name = workspace.packages[i].name;
      if (list->matches(base::to_lower(with_scope ? name : without_scope(name)))) found.push_back(i);
    }
  }
  unite(found, {});
  return found;
}

}  // namespace

std::vector<std::size_t> reachable(const std::vector<std::size_t>& from,
                                   const std::vector<std::vector<std::size_t>>& edges) {
  std::vector<bool> seen(edges.size());
  Indexes found;
  for (const std::size_t start : from)
    if (!seen[start]) {
      seen[start] = true;
      found.push_back(start);
    }
  for (std::size_t next = 0; next < found.size(); ++next)
    for (const std::size_t to : edges[found[next]])
      if (!seen[to]) {
        seen[to] = true;
        found.push_back(to);
      }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::vector<std::size_t>> selected_packages(const workspace::Workspace& workspace,
                                                   const workspace::PackageGraph& packages,
                                                   const Selection& selection) {
  const bool by_name = !selection.scope.empty() || !selection.to.empty();
  Indexes with_dependents;
  Indexes alone;
  if (by_name) {
    STILLAGE_ASSIGN(with_dependents, matching(workspace, selection.scope));
    STILLAGE_ASSIGN(alone, matching(workspace, selection.to));
    if (with_dependents.empty() && alone.empty() && !selection.allow_no_targets) {
      const auto& asked = selection.scope.empty() ? selection.to : selection.scope;
      return fail(ErrorKind::invalid,
                  fmt::format("no package matches \"{}\"{}", base::printable(base::join(asked, "\", \"")),
                              did_you_mean(asked.front(), package_names(workspace))));
    }
  } else if (selection.changed_packages) {
    with_dependents = *selection.changed_packages;
  } else {
    Indexes all(workspace.packages.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
  }
  if (selection.with_dependents) with_dependents = reachable(with_dependents, packages.dependents);
  unite(with_dependents, alone);
  if (selection.with_dependencies) return reachable(with_dependents, packages.dependencies);
  return with_dependents;
}

std::vector<std::string> package_names(const workspace::Workspace& workspace) {
  std::vector<std::string> names;
  for (const workspace::Package& package : workspace.packages) names.push_back(package.name);
  return names;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const auto nearest = base::nearest_name(name, known);
  return nearest ? fmt::format("; did you mean \"{}\"?", base::printable(*nearest)) : "";
}

}  // namespace stillage::graph
