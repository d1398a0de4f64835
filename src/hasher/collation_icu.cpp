// SPDX-License-Identifier: MIT
// The one place that knows ICU.
#include <unicode/ucol.h>

#include <cstdlib>

#include "hasher/collation.h"

namespace stillage::hasher {
namespace {

/// The root collator, shared: comparing does not change it. ICU's root data is part of the library itself, so
/// that there is nothing that could be missing but memory.
const UCollator* root_collator() {
  static const UCollator* const collator = [] {
    UErrorCode status = U_ZERO_ERROR;
    const UCollator* const opened = ucol_open("", &status);
    if (U_FAILURE(status)) std::abort();
    return opened;
  }();
  return collator;
}

}  // namespace

int compare_collated_units(const std::u16string& a, const std::u16string& b) {
  return static_cast<int>(ucol_strcoll(root_collator(), a.data(), static_cast<int32_t>(a.size()), b.data(),
                                       static_cast<int32_t>(b.size())));
}

}  // namespace stillage::hasher
