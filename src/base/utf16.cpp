// SPDX-License-Identifier: MIT
#include "base/utf16.h"

#include <algorithm>
#include <cstdint>

namespace stillage::base {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// Takes one character off the front, or as many bytes as one U+FFFD stands for.
char32_t take(std::string_view& text) {
  const std::uint8_t lead = byte_at(text, 0);
  std::size_t size = 1;
  char32_t value = lead;
  std::uint8_t lowest = 0x80;
  std::uint8_t highest = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
    value = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    value = lead & 0x0FU;
    if (lead == 0xE0) lowest = 0xA0;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    value = lead & 0x07U;
    if (lead == 0xF0) lowest = 0x90;
    if (lead == 0xF4) highest = 0x8F;
  } else if (lead >= 0x80) {
    text.remove_prefix(1);
    return kReplacement;
  }
  for (std::size_t at = 1; at < size; ++at) {
    if (at == text.size() || byte_at(text, at) < lowest || byte_at(text, at) > highest) {
      text.remove_prefix(at);
      return kReplacement;
    }
    value = value << 6 | (byte_at(text, at) & 0x3FU);
    lowest = 0x80;
    highest = 0xBF;
  }
  text.remove_prefix(size);
  return value;
}

bool is_high(char16_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(char16_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

void append_utf8(char32_t value, std::string& to) {
  if (value < 0x80) {
    to += static_cast<char>(value);
    return;
  }
  if (value < 0x800) {
    to += static_cast<char>(0xC0 | value >> 6);
  } else {
    if (value < 0x10000) {
      to += static_cast<char>(0xE0 | value >> 12);
    } else {
      to += static_cast<char>(0xF0 | value >> 18);
      to += static_cast<char>(0x80 | (value >> 12 & 0x3F));
    }
    to += static_cast<char>(0x80 | (value >> 6 & 0x3F));
  }
  to += static_cast<char>(0x80 | (value & 0x3F));
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::u16string to_utf16(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  while (!text.empty()) {
    const char32_t value = take(text);
    if (value < 0x10000) {
      units += static_cast<char16_t>(value);
    } else {
      units += static_cast<char16_t>(0xD800 + ((value - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((value - 0x10000) & 0x3FF));
    }
  }
  return units;
}

std::string to_well_formed(std::string_view text) {
  // By way of code units, in which two lone surrogates that have come to stand side by side are a pair.
  const std::u16string units = to_utf16(text);
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    const char16_t unit = units[i];
    if (is_high(unit) && i + 1 < units.size() && is_low(units[i + 1])) {
      const char32_t high = unit - 0xD800U;
      const char32_t low = units[++i] - 0xDC00U;
      append_utf8(0x10000 + (high << 10 | low), bytes);
    } else {
      append_utf8(is_high(unit) || is_low(unit) ? kReplacement : unit, bytes);
    }
  }
  return bytes;
}

int compare_code_units(std::string_view a, std::string_view b) {
  // Bytes and code units agree in their order, except where pairs of surrogates meet U+E000 to U+FFFF.
  if (is_ascii(a) || is_ascii(b)) return a.compare(b);
  return to_utf16(a).compare(to_utf16(b));
}

}  // namespace stillage::base
