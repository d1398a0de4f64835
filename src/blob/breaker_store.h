// SPDX-License-Identifier: MIT
#pragma once
// Leaves a remote alone that does not answer, so that it can't slow a build down: after some failures in a
// row, or after failures for some time, every call fails at once as `unavailable`, calls at work are
// cancelled, and one warning says what happened, where, and what to do. If its failures were quick, one call
// is let through after a while to see whether the remote is back; what has kept us waiting once is not asked
// again, or a long build would wait again and again. It counts failures that speak of the remote (transient,
// unauthorised, protocol); a miss or a conflict is an answer. Reading and writing are judged apart where only
// permission is in question.

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "blob/clock.h"
#include "blob/forwarding_store.h"

namespace stillage::blob {

struct BreakerOptions {
  /// So many failures in a row end trying.
  int failures = 3;
  /// Nothing but failures for so long ends trying too, even if there were fewer.
  std::chrono::milliseconds patience{4000};
  /// When to see whether the remote is back.
  std::chrono::milliseconds probe_after{30'000};
  /// A failure that took so long ends that: nothing is tried any more.
  std::chrono::milliseconds slow_failure{500};
  /// What its warning is about: of one topic a process is told once. Empty: the breaker itself.
  std::string topic = {};
};

class BreakerStore final : public ForwardingStore {
 public:
  BreakerStore(std::shared_ptr<BlobStore> inner, BreakerOptions options, Clock& clock = system_clock());

  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

  /// Whether reading, or writing, has been given up for now.
  bool is_open();

 private:
  enum class Use : std::size_t { read, write };
  struct Circuit {
    int streak = 0;            ///< failures since the last answer
    Clock::Time last_answer;   ///< or when this began
    Clock::Time streak_start;  ///< when the first failed call of the streak began
    std::optional<Clock::Time> opened;
    bool probing = false;
    bool was_slow = false;        ///< a failure since the last answer
    std::stop_source cancel_all;  ///< of the calls at work
  };

  template <class Work>
  auto guarded(Use use, const std::stop_token& stop, Work work) -> decltype(work(std::stop_token()));
  /// The token that ends calls of this use; nothing if they may not be made now.
  std::optional<std::stop_token> enter(Use use);
  void answered(Use use);
  void failed(Use use, Clock::Time began, const Failure& failure);
  /// The call's end says nothing of the remote.
  void left(Use use);
  void open(Circuit& circuit);

  Circuit& circuit(Use use) { return circuits_[static_cast<std::size_t>(use)]; }

  const BreakerOptions options_;
  Clock& clock_;
  std::mutex mutex_;
  std::array<Circuit, 2> circuits_;
  bool warned_ = false;
};

}  // namespace stillage::blob
