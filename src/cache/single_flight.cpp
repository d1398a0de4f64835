// SPDX-License-Identifier: MIT
#include "cache/single_flight.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/digest.h"

namespace stillage::cache {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstLook{5};
constexpr milliseconds kLongestPause{100};

/// The byte of the lock file that stands for a key. That two keys share one costs a wait at most.
std::uint64_t byte_of(const std::string& key) {
  const auto digest = base::xxh128(key);
  std::uint64_t byte = 0;
  for (int i = 0; i < 8; ++i) byte = byte << 8 | digest[static_cast<std::size_t>(i)];
  return byte >> 2;
}

}  // namespace

SingleFlight::SingleFlight(std::string lock_file, milliseconds patience)
    : lock_file_(std::move(lock_file)), patience_(patience) {}

SingleFlight::Turn::Turn(Turn&& other) noexcept
    : flights_(std::exchange(other.flights_, nullptr)),
      key_(std::move(other.key_)),
      waited_(other.waited_),
      holds_key_(other.holds_key_),
      holds_byte_(other.holds_byte_) {}

SingleFlight::Turn::~Turn() {
  if (flights_ != nullptr) flights_->release(*this);
}

SingleFlight::Turn SingleFlight::take(const std::string& key, const std::stop_token& stop) {
  Turn turn(*this, key);
  wait_for_threads(turn, stop);
  if (turn.holds_key_) wait_for_processes(turn, stop);
  return turn;
}

void SingleFlight::wait_for_threads(Turn& turn, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  turn.waited_ = taken_.contains(turn.key_);
  const bool is_free = changed_.wait_for(lock, stop, patience_, [&] { return !taken_.contains(turn.key_); });
  if (is_free) turn.holds_key_ = taken_.insert(turn.key_).second;
  if (!lock_file_.empty() && !std::exchange(tried_to_open_, true)) {
    // A file system without locks: then two processes may download the same, which is no harm.
    if (auto opened = os::RangeLocks::open(lock_file_)) locks_.emplace(std::move(*opened));
  }
}

void SingleFlight::wait_for_processes(Turn& turn, const std::stop_token& stop) {
  if (!locks_) return;
  const std::uint64_t byte = byte_of(turn.key_);
  const auto end = std::chrono::steady_clock::now() + patience_;
  milliseconds pause = kFirstLook;
  while (!stop.stop_requested()) {
    const auto locked = locks_->try_lock(byte);
    if (!locked) return;
    turn.holds_byte_ = *locked;
    if (turn.holds_byte_ || std::chrono::steady_clock::now() >= end) return;
    turn.waited_ = true;
    std::unique_lock lock(mutex_);
    (void)changed_.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min(pause * 2, kLongestPause);
  }
}

void SingleFlight::release(const Turn& turn) {
  if (turn.holds_byte_) locks_->unlock(byte_of(turn.key_));
  if (!turn.holds_key_) return;
  {
    const std::lock_guard lock(mutex_);
    taken_.erase(turn.key_);
  }
  changed_.notify_all();
}

}  // namespace stillage::cache
