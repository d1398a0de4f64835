// SPDX-License-Identifier: MIT
#pragma once
// A fixed set of threads that run tasks in the order given, and a loop spread over threads. Tasks do not
// throw.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace stillage::os {

/// How many threads are worth having: the CPUs that this process may use, at least 1.
std::size_t cpu_count();

class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads = cpu_count());
  /// Runs what is queued, then ends the threads.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void post(std::function<void()> task);

  /// Runs `work` on the pool; the future gives its result.
  template <class Work>
  auto submit(Work work) -> std::future<decltype(work())> {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    post([task] { (*task)(); });
    return result;
  }

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

/// Calls work(i) for each i below `count`, on up to cpu_count() threads (the caller's among them), in blocks
/// of `grain` indexes; returns when all are done. Small counts stay on the caller's thread.
void parallel_for(std::size_t count, std::size_t grain, const std::function<void(std::size_t)>& work);

}  // namespace stillage::os
