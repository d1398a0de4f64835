// SPDX-License-Identifier: MIT
#pragma once
// Tries again what failed for a passing reason: `transient` failures only, with exponential backoff and full
// jitter (a random time from 0 to the bound, so that many clients do not come back at once), or after what
// the other side's Retry-After asks for. Sources are rewound and sinks begun again by the store itself.

#include <chrono>
#include <functional>

#include "blob/clock.h"
#include "blob/forwarding_store.h"

namespace stillage::blob {

struct RetryOptions {
  int attempts = 4;                              ///< in all
  std::chrono::milliseconds first_backoff{200};  ///< the bound of the first wait; doubles with each
  std::chrono::milliseconds longest_backoff{5000};
  /// A Retry-After beyond this is not waited for: the failure is final.
  std::chrono::milliseconds longest_retry_after{10'000};
};

class RetryStore final : public ForwardingStore {
 public:
  /// `random` gives numbers from 0 to 1; called by any thread.
  RetryStore(std::shared_ptr<BlobStore> inner, RetryOptions options, Clock& clock = system_clock(),
             std::function<double()> random = {});

  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  /// Not tried again once a blob has been visited.
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  /// Works until that succeeds, or its failure is final, as it is once `*final` is true.
  template <class Work>
  auto tried(const std::stop_token& stop, Work work, const bool* final = nullptr) -> decltype(work());
  /// How long to wait after the failure of an attempt (counted from 1); nothing if it is final.
  std::optional<std::chrono::milliseconds> pause_after(int attempt, const Failure& failure);

  const RetryOptions options_;
  Clock& clock_;
  const std::function<double()> random_;
};

}  // namespace stillage::blob
