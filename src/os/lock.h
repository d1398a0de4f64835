// SPDX-License-Identifier: MIT
#pragma once
// Advisory locks between processes (flock(2)): released when the holder closes them or dies, however it dies.

#include <optional>
#include <string>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::os {

enum class LockMode { shared, exclusive };

/// A held lock on a file that is made if need be and never removed by this class.
class FileLock {
 public:
  /// Takes the lock if it is free now; nothing if another holds it.
  static Result<std::optional<FileLock>> try_acquire(const std::string& path,
                                                     LockMode mode = LockMode::exclusive);
  /// Waits for the lock.
  static Result<FileLock> acquire(const std::string& path, LockMode mode = LockMode::exclusive);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace stillage::os
