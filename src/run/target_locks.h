// SPDX-License-Identifier: MIT
#pragma once
// One target of one checkout is restored, run or stored by one process at a time, and so are targets that may
// write the same files. The locks are bytes of one file in the state folder of the checkout, so they end with
// the process that holds them, however it dies.
//
// A target locks its id; each place where it may have outputs (run/output_overlap.h) for itself alone; and
// the folders above such a place together with all others that do: so two targets exclude each other exactly
// if a place of one is, or lies beneath, a place of the other, whatever else their runs know of each other.
// All take their bytes in ascending order, so nobody waits for somebody who waits for him.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "os/range_lock.h"
#include "stillage/result.h"

namespace stillage::run {

/// Names, for the builds that a script starts, the locks that are held for the script: those are not waited
/// for.
inline constexpr const char* kHeldLocksVariable = "STILLAGE_HELD_LOCKS";

/// Safe for use from many threads.
class TargetLocks {
 private:
  struct State;
  struct Claim {
    std::uint64_t byte = 0;
    os::LockMode mode = os::LockMode::exclusive;
    std::string place;  ///< "" for the id
  };

 public:
  /// Held locks; released at its end.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept = default;
    Held& operator=(Held&& other) noexcept;
    ~Held() { release(); }
    /// The value of kHeldLocksVariable for scripts that run under these locks.
    std::string names() const;

   private:
    friend class TargetLocks;
    explicit Held(std::shared_ptr<State> state) : state_(std::move(state)) {}
    void release();

    std::shared_ptr<State> state_;
    std::vector<Claim> claims_;
  };

  /// Opens the locks of a checkout and shows other runs that this one is there. `held` is the value of
  /// kHeldLocksVariable that this process was started with, or "".
  static Result<TargetLocks> open(const std::string& checkout_dir, std::string_view held = "");

  struct Acquired {
    Held held;
    /// Somebody else held one meanwhile, so what was known of the target may have changed.
    bool waited = false;
  };
  /// Waits for the locks of a target with outputs in `places`, calling `on_long_wait` once, with what is
  /// waited for, when that takes longer than a second. A `cancelled` error if stop is requested meanwhile.
  Result<Acquired> acquire(std::string_view target_id, const std::vector<std::string>& places,
                           const std::stop_token& stop,
                           const std::function<void(const std::string& why)>& on_long_wait);
  /// Takes the lock of the id alone, and only if it is free now.
  Result<std::optional<Held>> try_acquire(std::string_view target_id);

  /// Whether another run was seen in this checkout since open(); every acquire() looks.
  bool others_seen() const;

 private:
  explicit TargetLocks(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Whether another run is at work in the checkout, or it can't be told.
bool others_are_at_work(const std::string& checkout_dir);

}  // namespace stillage::run
