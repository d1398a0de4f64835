// SPDX-License-Identifier: MIT
#pragma once
// The keys under which a pnpm lock file lists packages, which differ from version to version:
//   5.x  /react-dom/18.3.1_react@18.3.1     6.0  /react-dom@18.3.1(react@18.3.1)     9.0  the same without
//   the slash

#include <string>
#include <string_view>
#include <vector>

namespace stillage::workspace {

/// Without the balanced groups in parentheses at its end: "a@1(b@2(c@3))(d@4)" → "a@1".
std::string_view without_suffix(std::string_view key);

/// The package name in a key, of whichever version.
std::string_view name_in_pnpm_key(std::string_view key, int lock_version);

/// The keys that a dependency `name` with the written `version` may have, likeliest first.
std::vector<std::string> pnpm_keys(std::string_view name, std::string_view version, int lock_version);

}  // namespace stillage::workspace
