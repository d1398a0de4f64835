// SPDX-License-Identifier: MIT
#pragma once
// A clock that a test moves, and that remembers who slept on it.

#include <mutex>
#include <vector>

#include "blob/clock.h"

namespace stillage::test {

class FakeClock final : public blob::Clock {
 public:
  Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  bool sleep(std::chrono::milliseconds time, std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    slept_.push_back(time);
    now_ += time;
    return !stop.stop_requested();
  }
  void advance(std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex_);
    now_ += time;
  }
  /// Every sleep so far.
  std::vector<std::chrono::milliseconds> slept() const {
    const std::lock_guard lock(mutex_);
    return slept_;
  }

 private:
  mutable std::mutex mutex_;
  Time now_{std::chrono::hours(1)};
  std::vector<std::chrono::milliseconds> slept_;
};

}  // namespace stillage::test
