// SPDX-License-Identifier: MIT
// The one place that knows ICU. It is loaded when the first text comes that is not ASCII: it has 31 MB of
// data, and few repositories need it.
#include <dlfcn.h>
#include <unicode/ucol.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "hasher/collation.h"

namespace stillage::hasher {
namespace {

// ICU's headers add its version to each name.
#define STILLAGE_TEXT_OF(name) #name
#define STILLAGE_NAME_OF(function) STILLAGE_TEXT_OF(function)

/// Where the root order has changed since Debian's ICU 72 among characters that one meets: curly quotes and
/// their like became variants of the straight ones. Says nothing new to a later ICU.
constexpr std::u16string_view kSinceIcu72 =
    u"&\\'<<\u2018<<\u2019<<\u201A<<\u201B<<\u05F3"
    u"&\\\"<<\u201C<<\u201D<<\u201E<<\u201F<<\u2E42<<\u301D<<\u301E<<\u301F<<\u05F4";

[[noreturn]] void end(const char* why) {
  std::fprintf(stderr, "error: the order of names that are not ASCII needs ICU, which can't be loaded: %s\n",
               why == nullptr ? "unknown" : why);
  std::abort();
}

template <class Function>
Function find(void* file, const char* name) {
  void* const found = ::dlsym(file, name);
  if (found == nullptr) end(::dlerror());
  return reinterpret_cast<Function>(found);
}

struct Collator {
  const UCollator* collator = nullptr;
  decltype(&ucol_strcoll) compare = nullptr;
};

/// The root collator, shared: comparing does not change it. ICU's root data is part of the library itself, so
/// that there is nothing that could be missing but memory.
const Collator& root_collator() {
  static const Collator collator = [] {
    void* const file = ::dlopen("libicui18n.so." U_ICU_VERSION_SHORT, RTLD_NOW | RTLD_LOCAL);
    if (file == nullptr) end(::dlerror());
    const auto open_rules = find<decltype(&ucol_openRules)>(file, STILLAGE_NAME_OF(ucol_openRules));
    UErrorCode status = U_ZERO_ERROR;
    const UCollator* const opened = open_rules(kSinceIcu72.data(), static_cast<int32_t>(kSinceIcu72.size()),
                                               UCOL_DEFAULT, UCOL_TERTIARY, nullptr, &status);
    if (U_FAILURE(status)) end("no root collator");
    return Collator{opened, find<decltype(&ucol_strcoll)>(file, STILLAGE_NAME_OF(ucol_strcoll))};
  }();
  return collator;
}

}  // namespace

int compare_collated_units(const std::u16string& a, const std::u16string& b) {
  const Collator& root = root_collator();
  return static_cast<int>(root.compare(root.collator, a.data(), static_cast<int32_t>(a.size()), b.data(),
                                       static_cast<int32_t>(b.size())));
}

}  // namespace stillage::hasher
