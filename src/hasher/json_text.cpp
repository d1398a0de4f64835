// SPDX-License-Identifier: MIT
#include "hasher/json_text.h"

#include <fmt/format.h>

#include <string_view>

namespace stillage::hasher {
namespace {

constexpr std::string_view kShortEscapes = "\b\t\n\f\r\"\\";
constexpr std::string_view kShortNames = "btnfr\"\\";

void append_quoted(std::string_view text, std::string& to) {
  to += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const std::size_t place = kShortEscapes.find(text[i]); place != std::string_view::npos) {
      to += '\\';
      to += kShortNames[place];
    } else if (byte < 0x20) {
      to += fmt::format("\\u{:04x}", byte);
    } else if (byte == 0xED && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      to += fmt::format("\\u{:04x}", 0xD000U | (second & 0x3FU) << 6 | (third & 0x3FU));
      i += 2;
    } else {
      to += text[i];
    }
  }
  to += '"';
}

}  // namespace

std::string json_text(const std::optional<std::vector<std::string>>& texts) {
  if (!texts) return "undefined";
  std::string json = "[";
  for (const std::string& text : *texts) {
    if (json.size() > 1) json += ',';
    append_quoted(text, json);
  }
  return json + ']';
}

}  // namespace stillage::hasher
