// SPDX-License-Identifier: MIT
#pragma once
// Keeps a key from being downloaded twice at once, by the threads of this process and by other processes that
// use the same local store: whoever comes second waits for the first, and then looks into the store. No wait
// goes on for ever: after a while everybody helps himself.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/strings.h"
#include "os/range_lock.h"

namespace stillage::cache {

class SingleFlight {
 public:
  /// `lock_file` is shared with other processes; empty: with none.
  explicit SingleFlight(std::string lock_file, std::chrono::milliseconds patience = std::chrono::seconds(60));

  /// The turn for a key, until it is let go of.
  class Turn {
   public:
    Turn(SingleFlight& flights, std::string key) : flights_(&flights), key_(std::move(key)) {}
    ~Turn();
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&&) = delete;
    /// Whether another one had it first, so that what was wanted may be there by now.
    bool waited() const { return waited_; }

   private:
    friend class SingleFlight;
    SingleFlight* flights_;
    std::string key_;
    bool waited_ = false;
    bool holds_key_ = false;   ///< among the threads
    bool holds_byte_ = false;  ///< among the processes
  };

  /// Takes the turn, or waits for it until `stop`, or until the patience is at its end.
  Turn take(const std::string& key, const std::stop_token& stop);

 private:
  void wait_for_threads(Turn& turn, const std::stop_token& stop);
  void wait_for_processes(Turn& turn, const std::stop_token& stop);
  void release(const Turn& turn);

  const std::string lock_file_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  base::StringSet taken_;
  bool tried_to_open_ = false;
  std::optional<os::RangeLocks> locks_;
};

}  // namespace stillage::cache
