// SPDX-License-Identifier: MIT
#include "cache/dependency_keys.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "cache/checkout.h"

namespace stillage::cache {
namespace {

/// The key of its outputs: "" where they equal no entry, or are being made; nothing where they are unknown.
std::optional<std::string> key_of(Checkout& checkout, const Target& dependency, std::uint64_t changes) {
  return checkout.snapshots.key_of(dependency.id, changes, [&]() -> std::optional<std::string> {
    const auto outputs = checkout.catalog.outputs_of(dependency);
    return outputs ? std::optional((*outputs)->package_dir()) : std::nullopt;
  });
}

}  // namespace

DependencyLook see_dependency_keys(Checkout& checkout, const Target& target) {
  DependencyLook look;
  look.seen.changes = checkout.snapshots.changes_by_others();
  for (const std::size_t index : checkout.catalog.all_dependencies(target)) {
    const Target& dependency = checkout.catalog.targets()[index];
    std::optional<std::string> key = key_of(checkout, dependency, look.seen.changes);
    if (!key) continue;
    const std::string ours = checkout.memory.key_of(dependency.id);
    // This process, too, has none while it mends outputs.
    const bool is_mended_by_us = key->empty() && look.seen.changes == SnapshotChanges::kNone;
    if (!ours.empty() && ours != *key && !is_mended_by_us) look.foreign = dependency.id;
    if (!key->empty()) look.seen.keys.push_back({.index = index, .key = std::move(*key)});
  }
  return look;
}

std::optional<std::string> find_changed_dependency(Checkout& checkout, const SeenDependencies& before) {
  const std::uint64_t changes = checkout.snapshots.changes_by_others();
  if (changes == before.changes) return std::nullopt;
  for (const DependencyKey& seen : before.keys) {
    const Target& dependency = checkout.catalog.targets()[seen.index];
    if (key_of(checkout, dependency, changes) != seen.key) return dependency.id;
  }
  return std::nullopt;
}

std::string made_anew(std::string_view dependency) {
  return fmt::format("another run has made the outputs of {} anew meanwhile", base::printable(dependency));
}

}  // namespace stillage::cache
