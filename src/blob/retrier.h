// SPDX-License-Identifier: MIT
#pragma once
// When to try again, and after how long: exponential backoff with full jitter (a random time from 0 to the
// bound, so that many clients do not come back at once), or what the other side's Retry-After asks for.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "blob/clock.h"
#include "net/failure.h"

namespace stillage::blob {

struct RetryOptions {
  int attempts = 4;                              ///< in all
  std::chrono::milliseconds first_backoff{200};  ///< the bound of the first wait; doubles with each
  std::chrono::milliseconds longest_backoff{5000};
  /// A Retry-After beyond this is not waited for: the failure is final.
  std::chrono::milliseconds longest_retry_after{10'000};
  /// Whether what took up a whole deadline is tried again too.
  bool after_timeouts = true;
};

class Retrier {
 public:
  /// `random` gives numbers from 0 to 1; called by any thread.
  explicit Retrier(RetryOptions options, Clock& clock = system_clock(), std::function<double()> random = {});

  /// Works until that succeeds, or its failure is final: not transient, one too many, or `*final` is true.
  template <class Work>
  auto tried(const std::stop_token& stop, Work work, const bool* final = nullptr) const -> decltype(work()) {
    for (int attempt = 1;; ++attempt) {
      auto outcome = work();
      if (outcome) return outcome;
      const auto pause = pause_after(attempt, outcome.error());
      if (!pause || (final != nullptr && *final)) return outcome;
      if (!clock_.sleep(*pause, stop))
        return net::failure(net::FailureKind::cancelled, "cancelled while waiting to try again");
    }
  }

 private:
  /// How long to wait after the failure of an attempt (counted from 1); nothing if it is final.
  std::optional<std::chrono::milliseconds> pause_after(int attempt, const net::Failure& failure) const;

  const RetryOptions options_;
  Clock& clock_;
  const std::function<double()> random_;
};

}  // namespace stillage::blob
