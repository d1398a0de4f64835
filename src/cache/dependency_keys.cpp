// SPDX-License-Identifier: MIT
#include "cache/dependency_keys.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "cache/checkout.h"

namespace stillage::cache {
namespace {

/// "" where the outputs equal no entry, or nothing is known of them.
std::string key_now(Checkout& checkout, const Target& dependency) {
  const auto outputs = checkout.catalog.outputs_of(dependency);
  if (!outputs) return "";
  const auto snapshot = checkout.snapshots.find((*outputs)->package_dir(), dependency.id);
  return snapshot ? snapshot->key : "";
}

}  // namespace

SeenDependencies see_dependency_keys(Checkout& checkout, const Target& target) {
  SeenDependencies seen;
  for (const std::size_t index : checkout.catalog.all_dependencies(target)) {
    const Target& dependency = checkout.catalog.targets()[index];
    std::string key = key_now(checkout, dependency);
    if (key.empty()) continue;
    const std::string ours = checkout.memory.key_of(dependency.id);
    if (!ours.empty() && ours != key) seen.foreign = dependency.id;
    seen.keys.push_back({.index = index, .key = std::move(key)});
  }
  return seen;
}

std::optional<std::string> find_changed_dependency(Checkout& checkout,
                                                   const std::vector<DependencyKey>& before) {
  for (const DependencyKey& seen : before) {
    const Target& dependency = checkout.catalog.targets()[seen.index];
    if (key_now(checkout, dependency) != seen.key) return dependency.id;
  }
  return std::nullopt;
}

std::string made_anew(std::string_view dependency) {
  return fmt::format("another run has made the outputs of {} anew meanwhile", base::printable(dependency));
}

}  // namespace stillage::cache
