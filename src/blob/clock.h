// SPDX-License-Identifier: MIT
#pragma once
// Time as the decorators see it, so that their tests need not wait.

#include <chrono>
#include <stop_token>

namespace stillage::blob {

class Clock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  /// False as soon as `stop` is requested.
  virtual bool sleep(std::chrono::milliseconds time, std::stop_token stop) = 0;
};

/// The real one.
Clock& system_clock();

}  // namespace stillage::blob
