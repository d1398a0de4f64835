// SPDX-License-Identifier: MIT
#pragma once
// One target of one checkout is restored, run or stored by one process at a time. The locks are bytes of one
// file in the state folder of the checkout, so they end with the process that holds them, however it dies.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "os/range_lock.h"
#include "stillage/result.h"

namespace stillage::run {

/// Safe for use from many threads, for different targets.
class TargetLocks {
 public:
  /// A held lock; released at its end. Valid as long as its TargetLocks.
  class Held {
   public:
    Held() = default;
    Held(os::RangeLocks* locks, std::uint64_t byte) : locks_(locks), byte_(byte) {}
    Held(Held&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), byte_(other.byte_) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(locks_, other.locks_);
      std::swap(byte_, other.byte_);
      return *this;
    }
    ~Held() {
      if (locks_ != nullptr) locks_->unlock(byte_);
    }

   private:
    os::RangeLocks* locks_ = nullptr;
    std::uint64_t byte_ = 0;
  };

  /// Opens the locks of a checkout and shows other runs that this one is there.
  static Result<TargetLocks> open(const std::string& checkout_dir);

  struct Acquired {
    Held held;
    /// Another run held it meanwhile, so what was known of the target may have changed.
    bool waited = false;
  };
  /// Waits for the lock of a target, calling `on_long_wait` once when that takes longer than a second. A
  /// `cancelled` error if stop is requested meanwhile.
  Result<Acquired> acquire(std::string_view target_id, const std::stop_token& stop,
                           const std::function<void()>& on_long_wait);
  /// Takes the lock only if it is free now.
  Result<std::optional<Held>> try_acquire(std::string_view target_id);

  /// Whether another run was seen in this checkout since open(); every acquire() looks.
  bool others_seen() const;

 private:
  struct State;
  explicit TargetLocks(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace stillage::run
