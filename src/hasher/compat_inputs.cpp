// SPDX-License-Identifier: MIT
#include "hasher/compat_inputs.h"

#include <algorithm>
#include <unordered_set>

namespace stillage::hasher {
namespace {

using workspace::CompatPackage;

/// All packages that `start` leads to, itself left out.
std::vector<const CompatPackage*> reached_from(const workspace::CompatWorkspace& workspace,
                                               const CompatPackage& start) {
  std::unordered_set<const CompatPackage*> seen{&start};
  std::vector<const CompatPackage*> found;
  const auto add = [&](const CompatPackage& package) {
    for (const CompatPackage* const next : workspace.dependencies_of(package))
      if (seen.insert(next).second) found.push_back(next);
  };
  add(start);
  for (std::size_t i = 0; i < found.size(); ++i) add(*found[i]);
  return found;
}

std::vector<std::string>& patterns_of(PatternsByPackage& all, const CompatPackage* package) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == package; });
  if (found != all.end()) return found->second;
  return all.emplace_back(package, std::vector<std::string>()).second;
}

}  // namespace

PatternsByPackage expand_compat_inputs(const workspace::CompatWorkspace& workspace,
                                       const CompatPackage& package, const std::vector<std::string>& inputs) {
  std::vector<std::string> of_dependencies;
  PatternsByPackage all;
  for (const std::string& input : inputs) {
    if (!input.starts_with("^") && !input.starts_with("!^")) {
      patterns_of(all, &package).push_back(input);
      continue;
    }
    std::string pattern = input;
    pattern.erase(pattern.find('^'), 1);
    of_dependencies.push_back(std::move(pattern));
  }
  if (!of_dependencies.empty())
    for (const CompatPackage* const dependency : reached_from(workspace, package))
      all.emplace_back(dependency, of_dependencies);
  return all;
}

}  // namespace stillage::hasher
