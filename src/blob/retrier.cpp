// SPDX-License-Identifier: MIT
#include "blob/retrier.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace stillage::blob {
namespace {

double thread_random() {
  thread_local std::minstd_rand generator{std::random_device()()};
  return std::uniform_real_distribution<double>()(generator);
}

}  // namespace

Retrier::Retrier(RetryOptions options, Clock& clock, std::function<double()> random)
    : options_(options), clock_(clock), random_(random ? std::move(random) : thread_random) {}

std::optional<std::chrono::milliseconds> Retrier::pause_after(int attempt,
                                                              const net::Failure& failure) const {
  if (!failure.is_transient() || attempt >= options_.attempts) return std::nullopt;
  if (failure.kind == ErrorKind::timeout && !options_.after_timeouts) return std::nullopt;
  if (failure.retry_after) {
    if (*failure.retry_after > options_.longest_retry_after) return std::nullopt;
    return failure.retry_after;
  }
  std::chrono::milliseconds bound = options_.first_backoff;
  for (int i = 1; i < attempt && bound < options_.longest_backoff; ++i) bound *= 2;
  bound = std::min(bound, options_.longest_backoff);
  return std::chrono::milliseconds(static_cast<std::int64_t>(random_() * static_cast<double>(bound.count())));
}

}  // namespace stillage::blob
