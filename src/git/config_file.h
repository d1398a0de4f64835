// SPDX-License-Identifier: MIT
#pragma once
// git's configuration files, as git-config(1) describes their syntax.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"

namespace stillage::git {

/// One variable: its name as `section.key` or `section.subsection.key` (all but the subsection in lower
/// case), and its value; none for a name without '=', which is true as a boolean.
struct ConfigVariable {
  std::string name;
  std::optional<std::string> value;
};

/// The variables of a configuration file in their order. `source` names it in errors.
Result<std::vector<ConfigVariable>> parse_config(std::string_view content, std::string_view source);

/// What git takes the value for as a boolean; nothing if it is none.
std::optional<bool> config_bool(const ConfigVariable& variable);

/// `value` as a path: `~` and `~/…` stand for the home folder. Nothing for `~user/…` and `%(prefix)/…`.
std::optional<std::string> config_path(std::string_view value, std::string_view home);

}  // namespace stillage::git
