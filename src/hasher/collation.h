// SPDX-License-Identifier: MIT
#pragma once
// The order in which lage sorts what it hashes: String.prototype.localeCompare in a locale that changes
// nothing of the Unicode collation's root order (C, en and most others), whatever the locale here is. Texts
// of ASCII are compared by a table, exactly; others by ICU, which is not touched before.

#include <string>
#include <string_view>

namespace stillage::hasher {

/// Below, at or above zero. Different texts may compare equal.
int compare_collated(std::string_view a, std::string_view b);

/// The same for texts that are known to be ASCII.
int compare_collated_ascii(std::string_view a, std::string_view b);
/// The same for code units, by ICU alone.
int compare_collated_units(const std::u16string& a, const std::u16string& b);

}  // namespace stillage::hasher
