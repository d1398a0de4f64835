// SPDX-License-Identifier: MIT
#pragma once
// Threads that make small files while another one goes on reading them from an entry. What waits is bounded:
// when there is enough of it, whoever adds to it lends a hand. Used by one thread.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "archive/entry.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

/// A whole file, with the open folder in which it is to be.
struct NewFile {
  const archive::Output* output = nullptr;
  std::shared_ptr<const os::Fd> folder;
  std::string content;
};

class FileCrew {
 public:
  /// `make` is called from many threads at once, once for each file.
  explicit FileCrew(std::function<Status(const NewFile&)> make);
  /// What still waits is dropped.
  ~FileCrew();
  FileCrew(const FileCrew&) = delete;
  FileCrew& operator=(const FileCrew&) = delete;

  /// Takes the file; the first failure of any file so far.
  Status add(NewFile file);
  /// Returns when all files are made; the first failure.
  Status finish();

 private:
  using Batch = std::vector<NewFile>;
  void work();
  void make_all(const Batch& batch);
  void hand_over();

  std::function<Status(const NewFile&)> make_;
  Batch batch_;
  std::size_t batch_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Batch> waiting_;
  Status failure_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace stillage::cache
