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

  /// The same for a folder that exists: the folder itself is locked, and nothing is made. An error where the
  /// file system has no locks for folders.
  static Result<std::optional<FileLock>> try_acquire_folder(const std::string& path,
                                                            LockMode mode = LockMode::exclusive);
  static Result<FileLock> acquire_folder(const std::string& path, LockMode mode = LockMode::exclusive);

  /// What is locked.
  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  static Result<std::optional<FileLock>> try_lock(Fd file, const std::string& path, LockMode mode);
  static Result<FileLock> wait_for(Fd file, const std::string& path, LockMode mode);

  Fd fd_;
};

}  // namespace stillage::os
