// SPDX-License-Identifier: MIT
#pragma once
// A credential that does not last: kept, and asked for anew shortly before it expires. Any number of threads
// may want it; one of them asks, and the others wait for what it gets (or go on with what is still valid).

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "net/failure.h"

namespace stillage::blob {

using WallTime = std::chrono::system_clock::time_point;

/// A credential with the time after which it is worth nothing; nothing for one that lasts.
template <class T>
struct Dated {
  T value;
  std::optional<WallTime> expires = {};
};

template <class T>
class Renewed {
 public:
  using Fetch = std::function<net::Outcome<Dated<T>>(std::stop_token stop)>;
  using Now = std::function<WallTime()>;

  /// How long before its end a credential is renewed, if it lasts twice as long or longer; else in its
  /// middle.
  static constexpr std::chrono::minutes kAhead{5};
  /// After a failure nobody asks again for this long: whoever gives credentials is not to be stormed.
  static constexpr std::chrono::seconds kRest{10};
  /// A refusal leads to a new credential once in this time.
  static constexpr std::chrono::seconds kRefusalRest{60};

  /// `fetch` is called by one thread at a time; `now` is for tests.
  explicit Renewed(Fetch fetch, Now now = std::chrono::system_clock::now)
      : fetch_(std::move(fetch)), now_(std::move(now)) {}

  /// One that is valid now. Failures: what `fetch` says, unless the last credential is still valid;
  /// cancelled.
  net::Outcome<T> get(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      const WallTime now = now_();
      const bool is_valid = held_ && (!held_->expires || now < *held_->expires);
      const bool rests = failure_ && now >= failed_ && now - failed_ < kRest;
      if (is_valid && (now < renew_from_ || asking_ || rests)) return held_->value;
      if (rests && !asking_) return tl::make_unexpected(*failure_);
      if (!asking_) break;
      if (!changed_.wait(lock, stop, [this] { return !asking_; }))
        return net::failure(net::FailureKind::cancelled, "cancelled while waiting for credentials");
    }
    asking_ = true;
    lock.unlock();
    auto fetched = fetch_(stop);
    lock.lock();
    asking_ = false;
    changed_.notify_all();
    return take(std::move(fetched));
  }

  /// The other side refused `value`, though it should be valid. True if get() may well give another now.
  bool refused(const T& value) {
    const std::lock_guard lock(mutex_);
    if (!held_ || !(held_->value == value)) return true;
    const WallTime now = now_();
    if (refusal_ && now - *refusal_ < kRefusalRest) return false;
    refusal_ = now;
    held_.reset();
    failure_.reset();
    return true;
  }

 private:
  net::Outcome<T> take(net::Outcome<Dated<T>> fetched) {
    const WallTime now = now_();
    if (fetched) {
      held_ = std::move(*fetched);
      failure_.reset();
      renew_from_ = WallTime::max();
      if (held_->expires)
        renew_from_ = *held_->expires - std::min<WallTime::duration>(kAhead, (*held_->expires - now) / 2);
      return held_->value;
    }
    // What our side is not able to do, such as reading a file, is for somebody to mend too.
    if (fetched.error().what == net::FailureKind::local)
      fetched = net::failure(net::FailureKind::unauthorised, std::move(fetched.error().message));
    if (fetched.error().what != net::FailureKind::cancelled) {
      failure_ = fetched.error();
      failed_ = now;
      if (held_ && (!held_->expires || now < *held_->expires)) return held_->value;
    }
    return tl::make_unexpected(std::move(fetched).error());
  }

  const Fetch fetch_;
  const Now now_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool asking_ = false;
  std::optional<Dated<T>> held_;
  WallTime renew_from_{};
  std::optional<net::Failure> failure_;  ///< of the last attempt
  WallTime failed_{};
  std::optional<WallTime> refusal_;
};

}  // namespace stillage::blob
