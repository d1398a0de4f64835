// SPDX-License-Identifier: MIT
#include "glob/unit_set.h"

#include <algorithm>
#include <iterator>

#include "glob/units.h"

namespace stillage::glob {

UnitSet UnitSet::of_escape(char16_t letter) {
  UnitSet set;
  switch (letter | 0x20) {
    case 'd':
      set.add('0', '9');
      break;
    case 'w':
      set.add('a', 'z');
      set.add('A', 'Z');
      set.add('0', '9');
      set.add('_', '_');
      break;
    default:
      for (unsigned unit = 0; unit <= 0x3000; ++unit)
        if (is_space(static_cast<char16_t>(unit)))
          set.add(static_cast<char16_t>(unit), static_cast<char16_t>(unit));
      set.add(0xFEFF, 0xFEFF);
  }
  set.finish(letter < 'a');
  return set;
}

void UnitSet::add(char16_t first, char16_t last) {
  ranges_.push_back({first, last});
}

void UnitSet::add(const UnitSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

void UnitSet::finish(bool inverted) {
  std::sort(ranges_.begin(), ranges_.end(), [](Range a, Range b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range range : ranges_) {
    if (!merged.empty() && range.first <= unsigned{merged.back().last} + 1)
      merged.back().last = std::max(merged.back().last, range.last);
    else
      merged.push_back(range);
  }
  if (inverted) {
    std::vector<Range> others;
    unsigned next = 0;
    for (const Range range : merged) {
      if (next < range.first)
        others.push_back({static_cast<char16_t>(next), static_cast<char16_t>(range.first - 1)});
      next = unsigned{range.last} + 1;
    }
    if (next <= 0xFFFF) others.push_back({static_cast<char16_t>(next), 0xFFFF});
    merged = std::move(others);
  }
  ranges_ = std::move(merged);
  ascii_[0] = ascii_[1] = 0;
  for (unsigned unit = 0; unit < 128; ++unit)
    if (contains_wide(static_cast<char16_t>(unit))) ascii_[unit >> 6U] |= std::uint64_t{1} << (unit & 63U);
}

bool UnitSet::contains_wide(char16_t unit) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), unit,
                                      [](char16_t value, Range range) { return value < range.first; });
  return after != ranges_.begin() && unit <= std::prev(after)->last;
}

}  // namespace stillage::glob
