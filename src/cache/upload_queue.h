// SPDX-License-Identifier: MIT
#pragma once
// Uploads that go on behind a build: few at a time, with a bound on the bytes in flight. Whoever stores a
// result waits for none of them; at the end finish() waits for what is left, as long as that makes sense.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace stillage::cache {

/// What is waiting or under way.
struct UploadsLeft {
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

struct UploadQueueOptions {
  std::size_t threads = 4;
  /// No further upload starts while those under way have more bytes, unless there are none.
  std::uint64_t most_bytes_in_flight = 256ULL << 20;
  /// What grows as uploads get on, as the bytes sent so far: how finish() sees that something moves. Not set:
  /// uploads that end count alone.
  std::function<std::uint64_t()> moved = {};
};

struct UploadWait {
  std::chrono::milliseconds longest{60'000};
  std::chrono::milliseconds without_progress{5'000};
};

/// Why finish() did not wait for the rest.
enum class WaitEnd { all_done, stopped, too_long, no_progress };

struct UploadsEnd {
  WaitEnd why = WaitEnd::all_done;
  UploadsLeft dropped;
};

/// Thread-safe.
class UploadQueue {
 public:
  /// Does the upload, and says itself what becomes of failures. False: it was asked to stop, and did.
  using Upload = std::function<bool(const std::stop_token&)>;

  explicit UploadQueue(UploadQueueOptions options);
  /// Drops what is left.
  ~UploadQueue();
  UploadQueue(const UploadQueue&) = delete;
  UploadQueue& operator=(const UploadQueue&) = delete;

  /// Returns at once. After finish() nothing is taken any more; false then.
  bool add(std::uint64_t bytes, Upload upload);
  UploadsLeft left() const;

  /// Waits until everything is uploaded, as `wait` allows, or until `stop`; then drops the rest, cancelling
  /// what is under way. Calls `progress` some times a second meanwhile.
  UploadsEnd finish(const UploadWait& wait, const std::stop_token& stop,
                    const std::function<void(const UploadsLeft&)>& progress = {});

 private:
  struct Job {
    std::uint64_t bytes = 0;
    Upload upload;
  };
  void work();
  bool may_start() const;
  UploadsLeft left_locked() const;
  WaitEnd wait_for_all(const UploadWait& wait, const std::stop_token& stop,
                       const std::function<void(const UploadsLeft&)>& progress);
  UploadsLeft drop_all();

  const UploadQueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> waiting_;
  std::size_t at_work_ = 0;
  std::uint64_t bytes_at_work_ = 0;
  std::uint64_t done_ = 0;
  UploadsLeft cut_off_;
  bool ending_ = false;
  std::stop_source cancel_;
  std::vector<std::thread> threads_;
};

}  // namespace stillage::cache
