// SPDX-License-Identifier: MIT
#include "hasher/collation.h"

#include <array>
#include <cstdint>

#include "base/utf16.h"

namespace stillage::hasher {
namespace {

/// By rising primary weight; letters follow, each case alike. What is in neither is ignored.
constexpr std::string_view kBeforeLetters = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

constexpr std::array<std::uint8_t, 128> make_weights() {
  std::array<std::uint8_t, 128> weights{};
  std::uint8_t next = 1;
  for (const char c : kBeforeLetters) weights[static_cast<std::size_t>(c)] = next++;
  for (std::size_t letter = 0; letter < 26; ++letter) {
    weights['a' + letter] = next;
    weights['A' + letter] = next++;
  }
  return weights;
}

constexpr std::array<std::uint8_t, 128> kWeights = make_weights();

std::uint8_t weight(char c) {
  return kWeights[static_cast<unsigned char>(c) & 0x7F];
}

/// The next character from `at` on that counts, or the text's end.
std::size_t next_counting(std::string_view text, std::size_t at) {
  while (at < text.size() && weight(text[at]) == 0) ++at;
  return at;
}

}  // namespace

int compare_collated_ascii(std::string_view a, std::string_view b) {
  int by_case = 0;
  for (std::size_t i = 0, j = 0;; ++i, ++j) {
    i = next_counting(a, i);
    j = next_counting(b, j);
    if (i == a.size() || j == b.size()) {
      if (i == a.size() && j == b.size()) return by_case;
      return i == a.size() ? -1 : 1;
    }
    if (const int difference = weight(a[i]) - weight(b[j]); difference != 0) return difference;
    // Lower case first, and in ASCII its codes are the higher ones.
    if (by_case == 0) by_case = b[j] - a[i];
  }
}

int compare_collated(std::string_view a, std::string_view b) {
  if (base::is_ascii(a) && base::is_ascii(b)) return compare_collated_ascii(a, b);
  return compare_collated_units(base::to_utf16(a), base::to_utf16(b));
}

}  // namespace stillage::hasher
