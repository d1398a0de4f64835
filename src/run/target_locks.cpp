// SPDX-License-Identifier: MIT
#include "run/target_locks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/digest.h"
#include "base/strings.h"
#include "os/path.h"

namespace stillage::run {
namespace {

using os::LockMode;
using std::chrono::milliseconds;

/// Held in shared mode by every run of the checkout.
constexpr std::uint64_t kPresence = 0;
constexpr milliseconds kFirstPause{2};
constexpr milliseconds kLongestPause{50};
constexpr milliseconds kLongWait{1000};

/// Two names could share a byte; then their targets would only wait for each other once in a while.
std::uint64_t byte_of(std::string_view kind, std::string_view name) {
  const auto digest = base::xxh128(std::string(kind) + "\n" + std::string(name));
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return (number >> 2) + 1;
}

}  // namespace

struct TargetLocks::State {
  os::RangeLocks locks;
  /// Held by the run whose script started this process.
  std::set<std::uint64_t> outer;
  std::atomic<bool> others_seen = false;

  // The bytes are this process's: among its own threads they are given out here.
  struct Use {
    std::size_t holders = 0;
    LockMode mode = LockMode::exclusive;
  };
  std::mutex mutex;
  std::map<std::uint64_t, Use> in_use;

  void look_for_others() {
    if (!others_seen && locks.is_held_by_others(kPresence)) others_seen = true;
  }

  enum class Taken { yes, held_here, held_elsewhere };

  Result<Taken> try_take(const Claim& claim) {
    const std::lock_guard lock(mutex);
    const auto used = in_use.find(claim.byte);
    if (used != in_use.end()) {
      if (claim.mode == LockMode::exclusive || used->second.mode == LockMode::exclusive)
        return Taken::held_here;
      ++used->second.holders;
      return Taken::yes;
    }
    STILLAGE_ASSIGN(const bool is_ours, locks.try_lock(claim.byte, claim.mode));
    if (!is_ours) return Taken::held_elsewhere;
    in_use.emplace(claim.byte, Use{1, claim.mode});
    return Taken::yes;
  }

  void give_back(const Claim& claim) {
    const std::lock_guard lock(mutex);
    const auto used = in_use.find(claim.byte);
    if (--used->second.holders > 0) return;
    locks.unlock(claim.byte);
    in_use.erase(used);
  }

  /// The byte to lock in place of this one: the run around us holds it as long as we are at work, and what is
  /// to be kept apart then are the runs that its script starts.
  std::uint64_t inner_byte(std::uint64_t byte) const {
    while (outer.contains(byte) && locks.is_held_by_others(byte))
      byte = byte_of("inner", std::to_string(byte));
    return byte;
  }

  std::vector<Claim> claims_of(std::string_view target_id, const std::vector<std::string>& places) const {
    std::map<std::uint64_t, Claim> claims;
    const auto add = [&](std::uint64_t byte, LockMode mode, std::string_view place) {
      const auto known = claims.try_emplace(byte, Claim{byte, mode, std::string(place)}).first;
      if (mode == LockMode::exclusive) known->second.mode = mode;
    };
    add(byte_of("target", target_id), LockMode::exclusive, "");
    for (const std::string& place : places) {
      LockMode mode = LockMode::exclusive;
      for (std::string_view at = place; !at.empty(); at = os::parent_path(at), mode = LockMode::shared) {
        add(inner_byte(byte_of("place", at)), mode, at);
        if (at == os::parent_path(at)) break;
      }
    }
    std::vector<Claim> sorted;
    for (auto& [byte, claim] : claims) sorted.push_back(std::move(claim));
    return sorted;
  }

  static std::string why(const Claim& claim, Taken taken) {
    if (claim.place.empty()) return "another run of this checkout is at work on it";
    return fmt::format("another {} is at work on outputs in {}",
                       taken == Taken::held_here ? "target" : "run of this checkout",
                       base::printable(claim.place));
  }
};

TargetLocks::Held& TargetLocks::Held::operator=(Held&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(claims_, other.claims_);
  return *this;
}

void TargetLocks::Held::release() {
  for (const Claim& claim : claims_) state_->give_back(claim);
  claims_.clear();
}

std::string TargetLocks::Held::names() const {
  if (!state_) return "";
  std::set<std::uint64_t> bytes = state_->outer;
  for (const Claim& claim : claims_)
    if (!claim.place.empty()) bytes.insert(claim.byte);
  return fmt::format("{}", fmt::join(bytes, ","));
}

Result<TargetLocks> TargetLocks::open(const std::string& checkout_dir, std::string_view held) {
  STILLAGE_ASSIGN(os::RangeLocks locks, os::RangeLocks::open(os::join_path(checkout_dir, "locks")));
  const std::shared_ptr<State> state(
      new State{.locks = std::move(locks), .outer = {}, .mutex = {}, .in_use = {}});
  for (const std::string_view number : base::split(held, ',')) {
    std::uint64_t byte = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), byte).ec == std::errc())
      state->outer.insert(byte);
  }
  // Shown first: of two that start at once, at least one sees the other.
  STILLAGE_TRY(state->locks.try_lock(kPresence, LockMode::shared));
  state->look_for_others();
  return TargetLocks(state);
}

bool TargetLocks::others_seen() const {
  return state_->others_seen;
}

Result<std::optional<TargetLocks::Held>> TargetLocks::try_acquire(std::string_view target_id) {
  const Claim claim{.byte = byte_of("target", target_id), .mode = LockMode::exclusive, .place = {}};
  STILLAGE_ASSIGN(const State::Taken taken, state_->try_take(claim));
  if (taken != State::Taken::yes) return std::optional<Held>();
  Held held(state_);
  held.claims_.push_back(claim);
  return std::optional<Held>(std::move(held));
}

Result<TargetLocks::Acquired> TargetLocks::acquire(
    std::string_view target_id, const std::vector<std::string>& places, const std::stop_token& stop,
    const std::function<void(const std::string& why)>& on_long_wait) {
  const auto start = std::chrono::steady_clock::now();
  Acquired acquired{.held = Held(state_), .waited = false};
  bool told = false;
  for (Claim& claim : state_->claims_of(target_id, places)) {
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      STILLAGE_ASSIGN(const State::Taken taken, state_->try_take(claim));
      if (taken == State::Taken::yes) break;
      if (stop.stop_requested()) return fail(ErrorKind::cancelled, "stopped while waiting for another run");
      acquired.waited = true;
      if (!told && std::chrono::steady_clock::now() - start > kLongWait) {
        told = true;
        on_long_wait(State::why(claim, taken));
      }
      std::this_thread::sleep_for(pause);
    }
    acquired.held.claims_.push_back(std::move(claim));
  }
  state_->look_for_others();
  return acquired;
}

bool others_are_at_work(const std::string& checkout_dir) {
  const auto locks = TargetLocks::open(checkout_dir);
  return !locks || locks->others_seen();
}

}  // namespace stillage::run
