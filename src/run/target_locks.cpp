// SPDX-License-Identifier: MIT
#include "run/target_locks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/digest.h"
#include "os/path.h"

namespace stillage::run {
namespace {

using std::chrono::milliseconds;

/// Held in shared mode by every run of the checkout.
constexpr std::uint64_t kPresence = 0;
constexpr milliseconds kFirstPause{2};
constexpr milliseconds kLongestPause{50};
constexpr milliseconds kLongWait{1000};

/// Two targets could share a byte; then they would only wait for each other once in a while, and as no thread
/// holds more than one lock, nothing could get stuck.
std::uint64_t byte_of(std::string_view target_id) {
  const auto digest = base::sha256(target_id);
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return (number >> 2) + 1;
}

}  // namespace

struct TargetLocks::State {
  os::RangeLocks locks;
  std::atomic<bool> others_seen = false;

  void look_for_others() {
    if (!others_seen && locks.is_held_by_others(kPresence)) others_seen = true;
  }
};

Result<TargetLocks> TargetLocks::open(const std::string& checkout_dir) {
  STILLAGE_ASSIGN(os::RangeLocks locks, os::RangeLocks::open(os::join_path(checkout_dir, "locks")));
  const std::shared_ptr<State> state(new State{.locks = std::move(locks)});
  // Shown first: of two that start at once, at least one sees the other.
  STILLAGE_TRY(state->locks.try_lock(kPresence, os::LockMode::shared));
  state->look_for_others();
  return TargetLocks(state);
}

bool TargetLocks::others_seen() const {
  return state_->others_seen;
}

Result<std::optional<TargetLocks::Held>> TargetLocks::try_acquire(std::string_view target_id) {
  const std::uint64_t byte = byte_of(target_id);
  STILLAGE_ASSIGN(const bool is_ours, state_->locks.try_lock(byte));
  if (!is_ours) return std::optional<Held>();
  return std::optional<Held>(Held(&state_->locks, byte));
}

Result<TargetLocks::Acquired> TargetLocks::acquire(std::string_view target_id, const std::stop_token& stop,
                                                   const std::function<void()>& on_long_wait) {
  const std::uint64_t byte = byte_of(target_id);
  const auto start = std::chrono::steady_clock::now();
  bool told = false;
  bool waited = false;
  for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    STILLAGE_ASSIGN(const bool is_ours, state_->locks.try_lock(byte));
    if (is_ours) {
      state_->look_for_others();
      return Acquired{Held(&state_->locks, byte), waited};
    }
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "stopped while waiting for another run");
    waited = true;
    if (!told && std::chrono::steady_clock::now() - start > kLongWait) {
      told = true;
      on_long_wait();
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace stillage::run
