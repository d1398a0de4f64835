// SPDX-License-Identifier: MIT
#pragma once
// How the workers of a run talk to the thread that coordinates it.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

namespace stillage::run {

/// What a worker has to tell the coordinating thread.
struct Message {
  enum class Kind { looked_up, restored, must_run, ran, stop };
  Kind kind = Kind::stop;
  std::size_t index = 0;
  bool is_tainted = false;
};

/// Messages in the order in which they came, from any thread to one.
class Mailbox {
 public:
  void post(Message message) {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(message);
    }
    wake_.notify_one();
  }
  /// Waits for one.
  Message take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !messages_.empty(); });
    const Message message = messages_.front();
    messages_.pop_front();
    return message;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Message> messages_;
};

}  // namespace stillage::run
