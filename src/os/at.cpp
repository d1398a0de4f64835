// SPDX-License-Identifier: MIT
#include "os/at.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "os/fd.h"
#include "os/file.h"

namespace stillage::os {

Result<bool> make_dir_at(int dir, const std::string& name, std::uint32_t mode) {
  if (::mkdirat(dir, name.c_str(), mode) == 0) return true;
  if (errno == EEXIST) return false;
  return io_error("make folder", name);
}

Status symlink_at(const std::string& text, int dir, const std::string& name) {
  if (::symlinkat(text.c_str(), dir, name.c_str()) != 0) return io_error("make link", name);
  return {};
}

Status rename_at(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  if (::renameat(from_dir, from.c_str(), to_dir, to.c_str()) != 0) return io_error("replace", to);
  return {};
}

Result<bool> rename_new_at(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  if (::syscall(SYS_renameat2, from_dir, from.c_str(), to_dir, to.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) return io_error("rename to", to);
  // A file system without that flag: a second name for a file is as good; a folder replaces only an empty
  // one.
  if (::linkat(from_dir, from.c_str(), to_dir, to.c_str(), 0) == 0) {
    ::unlinkat(from_dir, from.c_str(), 0);
    return true;
  }
  if (errno == EEXIST) return false;
  if (errno == EPERM && ::renameat(from_dir, from.c_str(), to_dir, to.c_str()) == 0) return true;
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return false;
  return io_error("rename to", to);
}

Result<bool> exchange_at(int a_dir, const std::string& a, int b_dir, const std::string& b) {
  if (::syscall(SYS_renameat2, a_dir, a.c_str(), b_dir, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == ENOENT) return false;
  if (errno != EINVAL && errno != ENOSYS) return io_error("replace", b);
  // A file system without that flag.
  const std::string aside = a + temp_name();
  if (::renameat(b_dir, b.c_str(), a_dir, aside.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return io_error("replace", b);
  }
  if (::renameat(a_dir, a.c_str(), b_dir, b.c_str()) != 0) {
    const int error = errno;
    (void)::renameat(a_dir, aside.c_str(), b_dir, b.c_str());
    if (error == ENOENT) return false;
    return io_error("replace", b, error);
  }
  STILLAGE_TRY(rename_at(a_dir, aside, a_dir, a));
  return true;
}

Status unlink_at(int dir, const std::string& name) {
  if (::unlinkat(dir, name.c_str(), 0) != 0 && errno != ENOENT && errno != ENOTDIR)
    return io_error("remove", name);
  return {};
}

Result<bool> remove_empty_dir_at(int dir, const std::string& name) {
  if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return false;
  return io_error("remove folder", name);
}

Status set_mode(int fd, std::uint32_t mode) {
  if (::fchmod(fd, mode) == 0) return {};
  // A descriptor that was opened with O_PATH, for which no permission is needed.
  if (errno != EBADF || ::chmod(path_of_fd(fd).c_str(), mode) != 0)
    return io_error("set the permissions of", "an open file");
  return {};
}

Status set_origin_at(int dir, const std::string& name, const FileStat& stat) {
  // Most files have their owner already, and only root may give one away.
  const auto own = stat_at(dir, name);
  if (own && *own && ((*own)->uid != stat.uid || (*own)->gid != stat.gid) &&
      ::fchownat(dir, name.c_str(), stat.uid, stat.gid, AT_SYMLINK_NOFOLLOW) != 0)
    (void)::fchownat(dir, name.c_str(), static_cast<uid_t>(-1), stat.gid, AT_SYMLINK_NOFOLLOW);
  return set_mtime_at(dir, name, stat.mtime_ns);
}

Status set_mtime_at(int dir, const std::string& name, std::int64_t mtime_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = mtime_ns / kSecond;
  std::int64_t rest = mtime_ns % kSecond;
  if (rest < 0) {
    --seconds;
    rest += kSecond;
  }
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds, rest}};
  if (::utimensat(dir, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return io_error("set the time of", name);
  return {};
}

std::uint32_t file_mode_mask() {
  // umask(2) can't tell without changing it, which other threads would notice.
  static const std::uint32_t mask = [] {
    const auto status = read_file("/proc/self/status", 1 << 20);
    const std::size_t at = status ? status->find("\nUmask:") : std::string::npos;
    if (at != std::string::npos)
      return static_cast<std::uint32_t>(std::strtoul(status->c_str() + at + 7, nullptr, 8));
    const mode_t current = ::umask(022);
    ::umask(current);
    return static_cast<std::uint32_t>(current);
  }();
  return mask & 0777;
}

Result<std::int64_t> access_time_ns(int fd) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return io_error("stat", "an open file");
  return st.st_atim.tv_sec * 1'000'000'000LL + st.st_atim.tv_nsec;
}

Status touch_access_time(int fd) {
  const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  if (::futimens(fd, times) != 0) return io_error("set the time of", "an open file");
  return {};
}

Status copy_bytes(int from, int to, const std::string& name, std::uint64_t at_most) {
  constexpr std::uint64_t kPiece = 1 << 30;
  std::uint64_t left = at_most;
  while (left > 0) {
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, std::min(left, kPiece), 0);
    if (copied == 0) return {};
    if (copied > 0) left -= static_cast<std::uint64_t>(copied);
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
      return io_error("copy to", name);
    break;
  }
  std::string buffer(256 << 10, '\0');
  while (left > 0) {
    const ssize_t got = ::read(from, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("copy to", name);
    if (got == 0) return {};
    STILLAGE_TRY(write_all(to, {buffer.data(), static_cast<std::size_t>(got)}, name));
    left -= static_cast<std::uint64_t>(got);
  }
  return {};
}

Status flush_file_system(int fd) {
  if (::syncfs(fd) != 0) return io_error("flush", "a file system");
  return {};
}

std::string path_of_fd(int fd) {
  return fmt::format("/proc/self/fd/{}", fd);
}

bool process_exists(std::int64_t pid) {
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH;
}

bool is_own_uid(std::uint32_t uid) {
  return uid == ::geteuid() || uid == 0;
}

std::size_t open_file_limit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1024;
  return limit.rlim_cur;
}

}  // namespace stillage::os
