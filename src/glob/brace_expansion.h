// SPDX-License-Identifier: MIT
#pragma once
// A glob with braces as the list of globs without, exactly as `braces` 3.0.3 expands it for fast-glob (its
// way with quotes, brackets, unbalanced braces and ranges included). Results are bounded.

#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"

namespace stillage::glob {

/// The globs in the order that fast-glob uses: shortest first, without duplicates and empty ones. Errors: too
/// long, too many results, or a shape that `braces` can't take.
Result<std::vector<std::u16string>> expand_braces(std::u16string_view glob);

}  // namespace stillage::glob
