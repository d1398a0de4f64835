// SPDX-License-Identifier: MIT
#include "cache/file_crew.h"

#include <algorithm>

#include "os/thread_pool.h"

namespace stillage::cache {
namespace {

constexpr std::size_t kMostThreads = 8;
/// A batch is worth waking a thread for, and small beside what a restore needs anyway.
constexpr std::size_t kBatchFiles = 32;
constexpr std::size_t kBatchBytes = 256 << 10;

}  // namespace

FileCrew::FileCrew(std::function<Status(const NewFile&)> make) : make_(std::move(make)) {
  const std::size_t count = std::clamp<std::size_t>(os::cpu_count(), 2, kMostThreads + 1) - 1;
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

FileCrew::~FileCrew() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    ending_ = true;
  }
  wake_.notify_all();
  threads_.clear();
}

Status FileCrew::add(NewFile file) {
  batch_bytes_ += file.content.size();
  batch_.push_back(std::move(file));
  if (batch_.size() >= kBatchFiles || batch_bytes_ >= kBatchBytes) hand_over();
  const std::lock_guard lock(mutex_);
  return failure_;
}

void FileCrew::hand_over() {
  Batch batch = std::exchange(batch_, {});
  batch_bytes_ = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(batch));
    batch.clear();
    if (waiting_.size() > threads_.size()) {
      batch = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  if (batch.empty())
    wake_.notify_one();
  else
    make_all(batch);
}

Status FileCrew::finish() {
  make_all(std::exchange(batch_, {}));
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  work();
  threads_.clear();
  return failure_;
}

void FileCrew::make_all(const Batch& batch) {
  for (const NewFile& file : batch) {
    Status made = make_(file);
    if (made) continue;
    const std::lock_guard lock(mutex_);
    if (failure_) failure_ = std::move(made);
    waiting_.clear();
    return;
  }
}

void FileCrew::work() {
  while (true) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch = std::move(waiting_.front());
      waiting_.pop_front();
    }
    make_all(batch);
  }
}

}  // namespace stillage::cache
