// SPDX-License-Identifier: MIT
#pragma once
// Time of day in nanoseconds, and a stopwatch.

#include <chrono>
#include <cstdint>
#include <string>

namespace stillage::base {

/// Nanoseconds since the epoch.
std::int64_t now_ns();

/// "2026-01-31T12:34:56.789Z" of nanoseconds since the epoch.
std::string iso_time(std::int64_t ns);

/// Measures wall time from its making, by the steady clock.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace stillage::base
