// SPDX-License-Identifier: MIT
#include "os/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>

namespace stillage::os {

std::size_t cpu_count() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return static_cast<std::size_t>(CPU_COUNT(&allowed));
  return std::max(1U, std::thread::hardware_concurrency());
}

ThreadPool::ThreadPool(std::size_t threads) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i)
    threads_.emplace_back([this] { run(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  threads_.clear();
}

void ThreadPool::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadPool::run() {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void parallel_for(std::size_t count, std::size_t grain, const std::function<void(std::size_t)>& work) {
  grain = std::max<std::size_t>(1, grain);
  const std::size_t blocks = (count + grain - 1) / grain;
  std::atomic<std::size_t> next = 0;
  const auto take_blocks = [&] {
    for (std::size_t block = next++; block < blocks; block = next++)
      for (std::size_t i = block * grain; i < std::min(count, (block + 1) * grain); ++i) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(cpu_count(), blocks); ++i) others.emplace_back(take_blocks);
  take_blocks();
}

}  // namespace stillage::os
