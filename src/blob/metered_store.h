// SPDX-License-Identifier: MIT
#pragma once
// Counts what goes to a store and comes from it: for the progress line and the summary of a run.

#include <atomic>
#include <cstdint>

#include "blob/clock.h"
#include "blob/forwarding_store.h"

namespace stillage::blob {

/// Figures at one moment.
struct TransferFigures {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stored = 0;      ///< puts that have stored their blob
  std::uint64_t calls = 0;       ///< of every sort, failed ones included
  std::uint64_t failures = 0;    ///< calls that failed
  std::uint64_t bytes_sent = 0;  ///< of blobs, every attempt included
  std::uint64_t bytes_received = 0;
  double seconds = 0;  ///< the sum over all calls, which may overlap
};

class MeteredStore final : public ForwardingStore {
 public:
  explicit MeteredStore(std::shared_ptr<BlobStore> inner, Clock& clock = system_clock())
      : ForwardingStore(std::move(inner)), clock_(clock) {}

  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

  /// From any thread, also while calls are at work.
  TransferFigures figures() const;

 private:
  template <class Work>
  auto counted(Work work) -> decltype(work());

  Clock& clock_;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  std::atomic<std::uint64_t> stored_ = 0;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> bytes_sent_ = 0;
  std::atomic<std::uint64_t> bytes_received_ = 0;
  std::atomic<std::int64_t> nanoseconds_ = 0;
};

}  // namespace stillage::blob
