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

/// The keys that the outputs of all dependencies have now, as far as they equal an entry. `foreign` is one
/// whose outputs are no longer those that this process restored or stored.
struct SeenDependencies {
  std::vector<DependencyKey> keys;
  std::optional<std::string> foreign;
};
SeenDependencies see_dependency_keys(Checkout& checkout, const Target& target);

/// A dependency whose outputs have another key by now.
std::optional<std::string> find_changed_dependency(Checkout& checkout,
                                                   const std::vector<DependencyKey>& before);

/// That it was such a dependency, for people.
std::string made_anew(std::string_view dependency);

}  // namespace stillage::cache
