// SPDX-License-Identifier: MIT
#pragma once
// Jobs that lead to further ones, shared by a fixed number of threads: each goes deep into what it has, and
// gives others half of it when they have nothing.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <vector>

namespace stillage::git {

template <class Job>
class SharedJobs {
 public:
  /// Before any thread takes one.
  void start(std::vector<Job> jobs, std::size_t threads) {
    jobs_ = std::move(jobs);
    threads_ = threads;
  }

  /// Fills `own`, which is empty, waiting for others to share. False if there is nothing left to do, or
  /// stop() was called.
  bool take(std::vector<Job>& own) {
    std::unique_lock lock(mutex_);
    if (++idle_ == threads_ && jobs_.empty()) wake_.notify_all();
    wake_.wait(lock, [&] { return !jobs_.empty() || idle_ == threads_ || stopped_; });
    if (jobs_.empty() || stopped_) return false;
    --idle_;
    own.swap(jobs_);
    return true;
  }

  /// Gives the older half of `own`, which leads to more, to others if some have nothing; all of it is dropped
  /// after stop().
  void share(std::vector<Job>& own) {
    if (own.size() < 2 || idle_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock(mutex_);
    if (stopped_) own.clear();
    const auto middle = own.begin() + static_cast<std::ptrdiff_t>((own.size() + 1) / 2);
    std::move(own.begin(), middle, std::back_inserter(jobs_));
    own.erase(own.begin(), middle);
    wake_.notify_one();
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  std::size_t threads_ = 1;
  std::atomic<std::size_t> idle_ = 0;
  bool stopped_ = false;
};

}  // namespace stillage::git
