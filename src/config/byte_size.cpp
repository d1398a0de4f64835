// SPDX-License-Identifier: MIT
#include "config/byte_size.h"

#include <charconv>
#include <cmath>

#include "base/strings.h"

namespace stillage::config {

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  text = base::trim(text);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string unit = base::to_lower(base::trim(text));

  constexpr std::string_view kLetters = "kmgt";
  double factor = 1;
  if (!unit.empty() && unit != "b") {
    const std::size_t power = kLetters.find(unit.front());
    const std::string_view rest = std::string_view(unit).substr(1);
    if (power == std::string_view::npos || (rest != "b" && rest != "ib" && !rest.empty()))
      return std::nullopt;
    factor = std::pow(rest == "ib" ? 1024.0 : 1000.0, static_cast<double>(power + 1));
  }
  const double bytes = number * factor;
  if (!(bytes < 9.2e18)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace stillage::config
