// SPDX-License-Identifier: MIT
#include "report/style.h"

#include <fmt/format.h>

#include <cmath>

namespace stillage::report {
namespace {

const char* sequence(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::cyan:
      return "\x1b[36m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::bold:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::string paint(Colours colours, Colour colour, std::string_view text) {
  if (colours == Colours::off || colour == Colour::none) return std::string(text);
  return fmt::format("{}{}\x1b[0m", sequence(colour), text);
}

std::string without_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t escape = text.find("\x1b[");
    out.append(text.substr(0, escape));
    if (escape == std::string_view::npos) break;
    const std::size_t end = text.find_first_not_of("0123456789;:", escape + 2);
    const bool is_colour = end != std::string_view::npos && text[end] == 'm';
    if (!is_colour) out.append(text.substr(escape, 2));
    text.remove_prefix(is_colour ? end + 1 : escape + 2);
  }
  return out;
}

std::string duration_text(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace stillage::report
