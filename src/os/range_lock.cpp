// SPDX-License-Identifier: MIT
#include "os/range_lock.h"

#include <fcntl.h>

#include <cerrno>

#include "os/file.h"

namespace stillage::os {
namespace {

struct flock range(std::uint64_t byte, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<RangeLocks> RangeLocks::open(const std::string& path) {
  STILLAGE_ASSIGN(Fd file, open_path(path, O_RDWR | O_CREAT, 0600));
  return RangeLocks(std::move(file));
}

Result<bool> RangeLocks::try_lock(std::uint64_t byte, LockMode mode) {
  struct flock lock = range(byte, mode == LockMode::shared ? F_RDLCK : F_WRLCK);
  while (::fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) return io_error("lock", "a state file");
  }
  return true;
}

void RangeLocks::unlock(std::uint64_t byte) {
  struct flock lock = range(byte, F_UNLCK);
  (void)::fcntl(file_.get(), F_OFD_SETLK, &lock);
}

bool RangeLocks::is_held_by_others(std::uint64_t byte) const {
  struct flock lock = range(byte, F_WRLCK);
  return ::fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace stillage::os
