// SPDX-License-Identifier: MIT
#pragma once
// The characters that a bracket of a regular expression or glob stands for.

#include <cstdint>
#include <vector>

namespace stillage::glob {

/// A set of UTF-16 code units.
class UnitSet {
 public:
  /// What \d, \w or \s stands for, or for an upper-case letter everything else. Finished.
  static UnitSet of_escape(char16_t letter);

  void add(char16_t first, char16_t last);
  void add(const UnitSet& other);
  /// Sorts what was added; then turns it round if asked. Before this, contains() must not be called.
  void finish(bool inverted);
  bool contains(char16_t unit) const {
    return unit < 128 ? ((ascii_[unit >> 6U] >> (unit & 63U)) & 1U) != 0 : contains_wide(unit);
  }

 private:
  bool contains_wide(char16_t unit) const;

  struct Range {
    char16_t first;
    char16_t last;
  };
  std::vector<Range> ranges_;
  std::uint64_t ascii_[2] = {0, 0};
};

}  // namespace stillage::glob
