// SPDX-License-Identifier: MIT
#include "blob/retry_store.h"

#include <algorithm>
#include <random>

namespace stillage::blob {
namespace {

double thread_random() {
  thread_local std::minstd_rand generator{std::random_device()()};
  return std::uniform_real_distribution<double>()(generator);
}

}  // namespace

RetryStore::RetryStore(std::shared_ptr<BlobStore> inner, RetryOptions options, Clock& clock,
                       std::function<double()> random)
    : ForwardingStore(std::move(inner)),
      options_(options),
      clock_(clock),
      random_(random ? std::move(random) : thread_random) {}

std::optional<std::chrono::milliseconds> RetryStore::pause_after(int attempt, const Failure& failure) {
  if (!failure.is_transient() || attempt >= options_.attempts) return std::nullopt;
  if (failure.retry_after) {
    if (*failure.retry_after > options_.longest_retry_after) return std::nullopt;
    return failure.retry_after;
  }
  std::chrono::milliseconds bound = options_.first_backoff;
  for (int i = 1; i < attempt && bound < options_.longest_backoff; ++i) bound *= 2;
  bound = std::min(bound, options_.longest_backoff);
  return std::chrono::milliseconds(static_cast<std::int64_t>(random_() * static_cast<double>(bound.count())));
}

template <class Work>
auto RetryStore::tried(const std::stop_token& stop, Work work, const bool* final) -> decltype(work()) {
  for (int attempt = 1;; ++attempt) {
    auto outcome = work();
    if (outcome) return outcome;
    const auto pause = pause_after(attempt, outcome.error());
    if (!pause || (final != nullptr && *final)) return outcome;
    if (!clock_.sleep(*pause, stop))
      return net::failure(FailureKind::cancelled, "cancelled while waiting to try again");
  }
}

Outcome<PutOutcome> RetryStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  return tried(stop, [&] { return inner().put(key, source, options, stop); });
}

Outcome<std::optional<BlobInfo>> RetryStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  return tried(stop, [&] { return inner().get(key, sink, stop); });
}

Outcome<std::optional<BlobInfo>> RetryStore::contains(const std::string& key, std::stop_token stop) {
  return tried(stop, [&] { return inner().contains(key, stop); });
}

Outcome<void> RetryStore::remove(const std::string& key, std::stop_token stop) {
  return tried(stop, [&] { return inner().remove(key, stop); });
}

Outcome<void> RetryStore::list(const std::string& prefix,
                               const std::function<Outcome<void>(const ListedBlob&)>& visit,
                               std::stop_token stop) {
  bool visited = false;
  const auto noting = [&](const ListedBlob& blob) {
    visited = true;
    return visit(blob);
  };
  return tried(
      stop, [&] { return inner().list(prefix, noting, stop); }, &visited);
}

}  // namespace stillage::blob
