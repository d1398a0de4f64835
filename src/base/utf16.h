// SPDX-License-Identifier: MIT
#pragma once
// Texts as JavaScript sees them: sequences of UTF-16 code units, in which surrogates need not come in pairs.
// Here they are kept in bytes, as WTF-8: UTF-8 in which a lone surrogate has its three bytes too. Other bytes
// that are not UTF-8 stand for U+FFFD, as where Node decodes them.

#include <string>
#include <string_view>

namespace stillage::base {

bool is_ascii(std::string_view text);

/// The code units of a text; one U+FFFD for each maximal piece that is not WTF-8.
std::u16string to_utf16(std::string_view text);

/// The bytes that Node writes for a text: UTF-8 with U+FFFD in the place of what is not.
std::string to_well_formed(std::string_view text);

/// Below, at or above zero as `a` comes before, at or after `b` by code units: the order of Array.sort().
int compare_code_units(std::string_view a, std::string_view b);

}  // namespace stillage::base
