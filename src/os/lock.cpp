// SPDX-License-Identifier: MIT
#include "os/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "os/file.h"

namespace stillage::os {
namespace {

int operation(LockMode mode) {
  return mode == LockMode::shared ? LOCK_SH : LOCK_EX;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_lock(Fd file, const std::string& path, LockMode mode) {
  if (::flock(file.get(), operation(mode) | LOCK_NB) == 0) return std::optional(FileLock(std::move(file)));
  if (errno == EWOULDBLOCK) return std::optional<FileLock>();
  return io_error("lock", path);
}

Result<FileLock> FileLock::wait_for(Fd file, const std::string& path, LockMode mode) {
  while (::flock(file.get(), operation(mode)) != 0)
    if (errno != EINTR) return io_error("lock", path);
  return FileLock(std::move(file));
}

Result<std::optional<FileLock>> FileLock::try_acquire(const std::string& path, LockMode mode) {
  STILLAGE_ASSIGN(Fd file, open_path(path, O_RDWR | O_CREAT, 0600));
  return try_lock(std::move(file), path, mode);
}

Result<FileLock> FileLock::acquire(const std::string& path, LockMode mode) {
  STILLAGE_ASSIGN(Fd file, open_path(path, O_RDWR | O_CREAT, 0600));
  return wait_for(std::move(file), path, mode);
}

Result<std::optional<FileLock>> FileLock::try_acquire_folder(const std::string& path, LockMode mode) {
  STILLAGE_ASSIGN(Fd folder, open_path(path, O_RDONLY | O_DIRECTORY));
  return try_lock(std::move(folder), path, mode);
}

Result<FileLock> FileLock::acquire_folder(const std::string& path, LockMode mode) {
  STILLAGE_ASSIGN(Fd folder, open_path(path, O_RDONLY | O_DIRECTORY));
  return wait_for(std::move(folder), path, mode);
}

}  // namespace stillage::os
