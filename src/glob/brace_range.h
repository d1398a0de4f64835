// SPDX-License-Identifier: MIT
#pragma once
// The members of a brace range, {1..10}, {01..10..2} or {a..e}, as fill-range 7.1.1 gives them.

#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::glob {

/// Most members of one range.
inline constexpr double kMaxRange = 10000;

/// The members of the range whose ends (and step, if there is one) are `parts`; empty if it is none. An error
/// if it has too many.
Result<std::vector<std::u16string>> fill_range(const std::vector<std::u16string>& parts);

}  // namespace stillage::glob
