// SPDX-License-Identifier: MIT
#include "workspace/workspace.h"

#include <algorithm>

namespace stillage::workspace {
namespace {

/// A position from the index, else by searching: also right for a workspace that was put together by hand.
std::optional<std::size_t> position(const Workspace& workspace, const base::StringMap<std::size_t>& index,
                                    std::string_view text, std::string Package::*field) {
  const auto& packages = workspace.packages;
  if (index.size() == packages.size()) {
    const auto found = index.find(text);
    if (found == index.end()) return std::nullopt;
    if (packages[found->second].*field == text) return found->second;
  }
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [&](const auto& package) { return package.*field == text; });
  if (found == packages.end()) return std::nullopt;
  return static_cast<std::size_t>(found - packages.begin());
}

}  // namespace

const std::string* Package::script(std::string_view script_name) const {
  for (const auto& [key, text] : scripts)
    if (key == script_name) return &text;
  return nullptr;
}

const Package* Workspace::find(std::string_view name) const {
  const auto index = index_of(name);
  return index ? &packages[*index] : nullptr;
}

std::optional<std::size_t> Workspace::index_of(std::string_view name) const {
  return position(*this, by_name_, name, &Package::name);
}

std::optional<std::size_t> Workspace::index_of_dir(std::string_view dir) const {
  return position(*this, by_dir_, dir, &Package::dir);
}

void Workspace::reindex() {
  by_name_.clear();
  by_dir_.clear();
  for (std::size_t i = 0; i < packages.size(); ++i) {
    by_name_.try_emplace(packages[i].name, i);
    by_dir_.try_emplace(packages[i].dir, i);
  }
}

}  // namespace stillage::workspace
