// SPDX-License-Identifier: MIT
#pragma once
// What a test can't go on without.

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "stillage/result.h"

namespace stillage::test {

/// The result's value; where it is an error, that is told and the test program ends.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "test support: %s\n", result.error().message.c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace stillage::test
