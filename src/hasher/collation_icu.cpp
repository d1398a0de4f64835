// SPDX-License-Identifier: MIT
// The one place that knows ICU.
#include <unicode/ucol.h>

#include <cstdlib>
#include <string_view>

#include "hasher/collation.h"

namespace stillage::hasher {
namespace {

/// Where the root order has changed since Debian's ICU 72 among characters that one meets: curly quotes and
/// their like became variants of the straight ones. Says nothing new to a later ICU.
constexpr std::u16string_view kSinceIcu72 =
    u"&\\'<<\u2018<<\u2019<<\u201A<<\u201B<<\u05F3"
    u"&\\\"<<\u201C<<\u201D<<\u201E<<\u201F<<\u2E42<<\u301D<<\u301E<<\u301F<<\u05F4";

/// The root collator, shared: comparing does not change it. ICU's root data is part of the library itself, so
/// that there is nothing that could be missing but memory.
const UCollator* root_collator() {
  static const UCollator* const collator = [] {
    UErrorCode status = U_ZERO_ERROR;
    const UCollator* const opened =
        ucol_openRules(kSinceIcu72.data(), static_cast<int32_t>(kSinceIcu72.size()), UCOL_DEFAULT,
                       UCOL_TERTIARY, nullptr, &status);
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
