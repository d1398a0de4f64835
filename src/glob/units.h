// SPDX-License-Identifier: MIT
#pragma once
// Text as UTF-16 code units, because that is what the globs that we are compatible with are defined on: `?`
// and
// `[^/]` stand for one unit. Bytes that are not UTF-8 become lone surrogates (0xDC00 + byte), one each, so
// that no two byte strings become the same text and nothing is lost on the way back.

#include <string>
#include <string_view>

namespace stillage::glob {

/// Whether every byte is below 0x80, so that bytes and units are the same.
bool is_ascii(std::string_view text);

std::u16string to_units(std::string_view bytes);

/// The inverse of to_units; surrogates that stand for nothing become U+FFFD.
std::string to_bytes(std::u16string_view units);

/// Letters, digits and the underscore, as \w in a regular expression.
constexpr bool is_word(char16_t unit) {
  return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || (unit >= '0' && unit <= '9') ||
         unit == '_';
}

/// The four line terminators of a regular expression: what `.` does not match.
constexpr bool is_line_end(char16_t unit) {
  return unit == '\n' || unit == '\r' || unit == 0x2028 || unit == 0x2029;
}

/// White space as \s has it.
bool is_space(char16_t unit);

/// Without white space at both ends.
std::u16string_view trim(std::u16string_view text);

}  // namespace stillage::glob
