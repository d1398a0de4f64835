// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace stillage::test {

/// What a test allows for something that ends within `limit` on an idle machine: tests run beside each other,
/// under sanitizers and on busy machines. It tells a deadline that works from one that does not, and measures
/// no speed; exact limits are the subject of tests with a clock of their own.
constexpr std::chrono::milliseconds in_time(std::chrono::milliseconds limit) {
  return limit + std::chrono::seconds(10);
}

}  // namespace stillage::test
