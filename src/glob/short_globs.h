// SPDX-License-Identifier: MIT
#pragma once
// The two short cuts that picomatch takes before it parses a glob properly. They are part of its semantics,
// because their expressions differ from those that parsing would give (`*` here can't be a trailing "..", …).

#include <optional>
#include <string>
#include <string_view>

#include "glob/translate.h"

namespace stillage::glob {

/// The expression of `*`, `**`, `**/*`, `*.ext`, `**/*.ext` and the like; nothing for any other glob.
std::optional<std::u16string> translate_common(std::u16string_view glob, Dialect dialect);

/// The expression of a glob without slashes, groups, brackets, quotes and leading `*` or `!`.
std::optional<std::u16string> translate_flat(std::u16string_view glob, Dialect dialect);

}  // namespace stillage::glob
