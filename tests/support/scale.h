// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string_view>

namespace stillage::test {

/// How often, or how much: the soak number where that is asked for.
template <class Number>
Number scale(Number normal, Number soak) {
  const char* const asked = std::getenv("STILLAGE_SOAK");
  return asked != nullptr && std::string_view(asked) == "1" ? soak : normal;
}

}  // namespace stillage::test
