// SPDX-License-Identifier: MIT
#include "cache/upload_queue.h"

#include <algorithm>
#include <utility>

namespace stillage::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{50};

}  // namespace

UploadQueue::UploadQueue(UploadQueueOptions options) : options_(std::move(options)) {}

UploadQueue::~UploadQueue() {
  (void)drop_all();
}

bool UploadQueue::add(std::uint64_t bytes, Upload upload) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;
    waiting_.push_back({bytes, std::move(upload)});
    if (threads_.size() < std::min(options_.threads, waiting_.size() + at_work_))
      threads_.emplace_back([this] { work(); });
  }
  changed_.notify_all();
  return true;
}

bool UploadQueue::may_start() const {
  return !waiting_.empty() &&
         (at_work_ == 0 || bytes_at_work_ + waiting_.front().bytes <= options_.most_bytes_in_flight);
}

void UploadQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || may_start(); });
    if (ending_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++at_work_;
    bytes_at_work_ += job.bytes;
    lock.unlock();
    const bool is_done = job.upload(cancel_.get_token());
    lock.lock();
    if (!is_done) {
      ++cut_off_.entries;
      cut_off_.bytes += job.bytes;
    }
    --at_work_;
    bytes_at_work_ -= job.bytes;
    ++done_;
    changed_.notify_all();
  }
}

UploadsLeft UploadQueue::left_locked() const {
  UploadsLeft left{.entries = waiting_.size() + at_work_, .bytes = bytes_at_work_};
  for (const Job& job : waiting_) left.bytes += job.bytes;
  return left;
}

UploadsLeft UploadQueue::left() const {
  const std::lock_guard lock(mutex_);
  return left_locked();
}

WaitEnd UploadQueue::wait_for_all(const UploadWait& wait, const std::stop_token& stop,
                                  const std::function<void(const UploadsLeft&)>& progress) {
  const auto moved = [this] { return options_.moved ? options_.moved() : 0; };
  const auto start = steady_clock::now();
  auto last_progress = start;
  auto seen = std::pair(moved(), std::uint64_t{0});
  while (true) {
    UploadsLeft left;
    std::uint64_t done;
    {
      std::unique_lock lock(mutex_);
      (void)changed_.wait_for(lock, stop, kLook, [this] { return waiting_.empty() && at_work_ == 0; });
      left = left_locked();
      done = done_;
    }
    if (left.entries == 0) return WaitEnd::all_done;
    if (stop.stop_requested()) return WaitEnd::stopped;
    const auto now = steady_clock::now();
    if (const auto current = std::pair(moved(), done); current != seen) {
      seen = current;
      last_progress = now;
    }
    if (now - start >= wait.longest) return WaitEnd::too_long;
    if (now - last_progress >= wait.without_progress) return WaitEnd::no_progress;
    if (progress) progress(left);
  }
}

UploadsLeft UploadQueue::drop_all() {
  std::deque<Job> never_begun;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    never_begun.swap(waiting_);
    ending_ = true;
    threads.swap(threads_);
  }
  cancel_.request_stop();
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
  const std::lock_guard lock(mutex_);
  UploadsLeft dropped = std::exchange(cut_off_, {});
  dropped.entries += never_begun.size();
  for (const Job& job : never_begun) dropped.bytes += job.bytes;
  return dropped;
}

UploadsEnd UploadQueue::finish(const UploadWait& wait, const std::stop_token& stop,
                               const std::function<void(const UploadsLeft&)>& progress) {
  UploadsEnd end;
  end.why = wait_for_all(wait, stop, progress);
  end.dropped = drop_all();
  return end;
}

}  // namespace stillage::cache
