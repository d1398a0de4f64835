// SPDX-License-Identifier: MIT
#pragma once
// picomatch takes some repeated groups, +(...) and *(...), for attacks on backtracking regex engines and
// gives them another meaning. Ours does not backtrack, but a glob has to mean the same here.

#include <optional>
#include <string>
#include <string_view>

namespace stillage::glob {

/// What becomes of a repeated group that looks risky.
struct RiskyGroup {
  /// The expression to use; without one the group stands for its own text.
  std::optional<std::u16string> replacement;
};

/// Judges the text between the parentheses; nothing if the group is fine.
std::optional<RiskyGroup> find_risk(std::u16string_view body);

}  // namespace stillage::glob
