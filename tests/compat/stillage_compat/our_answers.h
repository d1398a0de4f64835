// SPDX-License-Identifier: MIT
#pragma once
// Where the original crashes or refuses, and we have chosen to go on: docs/compatibility.md has the same
// list.

#include <optional>
#include <string_view>

namespace stillage::compat {

/// The name of the behaviour that we have chosen for this error or crash of the original; nothing where we
/// fail as it does.
std::optional<std::string_view> our_behaviour(std::string_view original_error);

}  // namespace stillage::compat
