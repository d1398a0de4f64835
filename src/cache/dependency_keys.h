// SPDX-License-Identifier: MIT
#pragma once
// Whose outputs a run stood on: another run of the checkout, of an older or newer tree, may make those of a
// dependency anew meanwhile. What came of it then is no result of this run's key.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/run_memory.h"
#include "stillage/target.h"

namespace stillage::cache {

struct Checkout;

/// What a look at all dependencies of a target has shown. `foreign` is one whose outputs are no longer those
/// that this process restored or stored.
struct DependencyLook {
  SeenDependencies seen;
  std::optional<std::string> foreign;
};
DependencyLook see_dependency_keys(Checkout& checkout, const Target& target);

/// A dependency whose outputs have another key by now. This process makes no outputs of a dependency while
/// those that depend on it run, so there is none unless others have changed snapshots.
std::optional<std::string> find_changed_dependency(Checkout& checkout, const SeenDependencies& before);

/// That it was such a dependency, for people.
std::string made_anew(std::string_view dependency);

}  // namespace stillage::cache
