// SPDX-License-Identifier: MIT
#include "hasher/variables.h"

#include <fmt/format.h>

#include <algorithm>

namespace stillage::hasher {
namespace {

struct ByName {
  bool operator()(const std::pair<std::string, std::string>& variable, std::string_view name) const {
    return variable.first < name;
  }
};

}  // namespace

Variables::Variables(const std::vector<std::string>& environment) {
  for (const std::string& line : environment)
    if (const std::size_t equals = line.find('='); equals != std::string::npos)
      sorted_.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(sorted_.begin(), sorted_.end(), by_name);
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }),
                sorted_.end());
}

Result<std::vector<Variable>> Variables::select(const std::vector<std::string>& declared) const {
  std::vector<Variable> selected;
  for (const std::string& entry : declared) {
    const bool is_prefix = entry.ends_with('*');
    const std::string_view name = std::string_view(entry).substr(0, entry.size() - (is_prefix ? 1 : 0));
    if (entry.empty() || name.find_first_of("*=") != std::string_view::npos)
      return fail(ErrorKind::invalid,
                  fmt::format("env entry \"{}\" is neither a variable's name nor a prefix such as \"VITE_*\"",
                              entry));
    auto variable = std::lower_bound(sorted_.begin(), sorted_.end(), name, ByName());
    if (is_prefix) {
      for (; variable != sorted_.end() && variable->first.starts_with(name); ++variable)
        selected.emplace_back(variable->first, variable->second);
    } else if (variable != sorted_.end() && variable->first == name) {
      selected.emplace_back(variable->first, variable->second);
    } else {
      selected.emplace_back(name, std::nullopt);
    }
  }
  std::sort(selected.begin(), selected.end());
  selected.erase(std::unique(selected.begin(), selected.end()), selected.end());
  return selected;
}

}  // namespace stillage::hasher
