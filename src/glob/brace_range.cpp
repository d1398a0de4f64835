// SPDX-License-Identifier: MIT
#include "glob/brace_range.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "glob/units.h"

namespace stillage::glob {
namespace {

using Members = std::vector<std::u16string>;

/// Beyond this a double no longer holds every whole number, and JavaScript's results make no sense either.
constexpr double kMaxWhole = 9007199254740991.0;

/// The whole number that JavaScript's Number() makes of a text, if it makes one.
std::optional<double> whole_number(std::u16string_view units) {
  const std::u16string_view trimmed = trim(units);
  if (trimmed.empty()) return 0;
  if (trimmed.size() > 64 || !std::all_of(trimmed.begin(), trimmed.end(), [](char16_t c) { return c < 128; }))
    return std::nullopt;
  const std::string text(trimmed.begin(), trimmed.end());
  const char second = text.size() > 2 && text[0] == '0' ? static_cast<char>(text[1] | 0x20) : '\0';
  const int radix = second == 'x' ? 16 : second == 'o' ? 8 : second == 'b' ? 2 : 10;
  double value = 0;
  if (radix != 10) {
    for (const char c : text.substr(2)) {
      const char lower = static_cast<char>(c | 0x20);
      const int digit = c >= '0' && c <= '9'           ? c - '0'
                        : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                       : radix;
      if (digit >= radix) return std::nullopt;
      value = value * radix + digit;
    }
  } else {
    // strtod also knows "inf", "nan" and hexadecimal fractions, which are no numbers here.
    if (text.find_first_not_of("0123456789+-.eE") != std::string::npos) return std::nullopt;
    char* end = nullptr;
    value = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size()) return std::nullopt;
  }
  if (!std::isfinite(value) || std::floor(value) != value) return std::nullopt;
  return value;
}

bool is_padded(std::u16string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0';
}

std::u16string to_text(double value, std::size_t width) {
  std::string digits = std::to_string(static_cast<std::int64_t>(std::fabs(value)));
  const std::size_t sign = value < 0 ? 1 : 0;
  if (digits.size() + sign < width) digits.insert(0, width - sign - digits.size(), '0');
  if (sign > 0) digits.insert(0, 1, '-');
  return std::u16string(digits.begin(), digits.end());
}

tl::unexpected<Error> too_many() {
  return fail(ErrorKind::invalid,
              "a range in it has more than " + std::to_string(static_cast<int>(kMaxRange)) + " members");
}

}  // namespace

Result<Members> fill_range(const std::vector<std::u16string>& parts) {
  if (parts.size() < 2 || parts[0].empty() || parts[1].empty()) return Members{};
  // A step that is missing or empty is 1; one that is no number spoils the range.
  const bool has_step = parts.size() > 2 && !parts[2].empty();
  const auto given = has_step ? whole_number(parts[2]) : 1.0;
  if (!given) return Members{};
  const double step = std::max(std::fabs(*given), 1.0);
  const auto first = whole_number(parts[0]);
  const auto last = whole_number(parts[1]);
  Members members;
  if (first && last) {
    const double limit = has_step ? kMaxRange : 1000;  // without a step `braces` itself refuses 1000 and more
    if (!has_step && *last - *first >= limit) return too_many();
    if (std::fabs(*last - *first) / step >= kMaxRange || std::fabs(*first) > kMaxWhole ||
        std::fabs(*last) > kMaxWhole)
      return too_many();
    const std::u16string step_text = has_step ? parts[2] : u"1";
    const bool padded = is_padded(parts[0]) || is_padded(parts[1]) || is_padded(step_text);
    const std::size_t width = padded ? std::max({parts[0].size(), parts[1].size(), step_text.size()}) : 0;
    const double direction = *first > *last ? -1 : 1;
    const double count = std::floor(std::fabs(*last - *first) / step);
    for (double i = 0; i <= count; ++i) members.push_back(to_text(*first + direction * step * i, width));
    return members;
  }
  if ((!first && parts[0].size() > 1) || (!last && parts[1].size() > 1)) return Members{};
  const int from = parts[0][0];
  const int to = parts[1][0];
  if (std::abs(to - from) / step >= kMaxRange) return too_many();
  const int stride = static_cast<int>(std::min(step, 65536.0));
  for (int i = 0; i <= std::abs(to - from) / stride; ++i)
    members.emplace_back(1, static_cast<char16_t>(from > to ? from - i * stride : from + i * stride));
  return members;
}

}  // namespace stillage::glob
