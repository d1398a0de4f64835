// SPDX-License-Identifier: MIT
#include "os/stat.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/fd.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

/// Local file systems that stamp a folder whenever a name in it comes, goes or is replaced (statfs(2)).
constexpr std::array<std::uint64_t, 8> kStampFolders = {
    0xef53,      // ext2, ext3, ext4
    0x58465342,  // xfs
    0x9123683e,  // btrfs
    0x01021994,  // tmpfs
    0xf2f52010,  // f2fs
    0x2fc12fc1,  // zfs
    0xca451a4e,  // bcachefs
    0x794c7630,  // overlayfs, whose upper layer is one of those
};
/// Some file systems keep whole seconds, or even pairs of them.
constexpr std::int64_t kCoarseTickNs = 2'100'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

FileStat to_file_stat(const struct stat& st) {
  return {.device = st.st_dev,
          .inode = st.st_ino,
          .size = static_cast<std::uint64_t>(st.st_size),
          .mtime_ns = nanoseconds(st.st_mtim),
          .ctime_ns = nanoseconds(st.st_ctim),
          .mode = st.st_mode,
          .uid = st.st_uid,
          .gid = st.st_gid,
          .hard_links = static_cast<std::uint32_t>(st.st_nlink)};
}

}  // namespace

FileKind FileStat::kind() const {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileKind::regular;
    case S_IFDIR:
      return FileKind::directory;
    case S_IFLNK:
      return FileKind::symlink;
    default:
      return FileKind::other;
  }
}

Result<std::optional<FileStat>> stat_at(int dir, const std::string& path, Links links) {
  witness_path_at(dir, path);
  struct stat st;
  if (::fstatat(dir, path.c_str(), &st, links == Links::keep ? AT_SYMLINK_NOFOLLOW : 0) == 0)
    return std::optional(to_file_stat(st));
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::optional<FileStat>();
  return io_error("stat", path);
}

Result<std::optional<FileStat>> stat_path(const std::string& path, Links links) {
  return stat_at(AT_FDCWD, path, links);
}

Result<FileStat> stat_fd(int fd) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return io_error("stat", "an open file");
  return to_file_stat(st);
}

bool is_settled(const FileStat& stat, std::int64_t at_ns) {
  return is_settled(stat.mtime_ns, stat.ctime_ns, at_ns);
}

bool is_settled(std::int64_t mtime_ns, std::int64_t ctime_ns, std::int64_t at_ns) {
  const bool is_coarse = mtime_ns % 1'000'000'000 == 0 && ctime_ns % 1'000'000'000 == 0;
  return std::max(mtime_ns, ctime_ns) < at_ns - (is_coarse ? kCoarseTickNs : kTickNs);
}

bool stamps_folders(int fd) {
  struct statfs found;
  if (::fstatfs(fd, &found) != 0) return false;
  return std::find(kStampFolders.begin(), kStampFolders.end(), static_cast<std::uint64_t>(found.f_type)) !=
         kStampFolders.end();
}

Result<bool> on_same_mount(int a, int b) {
  struct statx found[2] = {};
  for (int i = 0; i < 2; ++i)
    if (::statx(i == 0 ? a : b, "", AT_EMPTY_PATH, STATX_MNT_ID, &found[i]) != 0)
      return io_error("stat", "an open folder");
  // Kernels before 5.8 know no ids of mounts, and leave them zero.
  return found[0].stx_dev_major == found[1].stx_dev_major &&
         found[0].stx_dev_minor == found[1].stx_dev_minor && found[0].stx_mnt_id == found[1].stx_mnt_id;
}

bool exists(const std::string& path) {
  return stat_path(path, Links::follow).value_or(std::nullopt).has_value();
}

bool is_directory(const std::string& path) {
  const auto stat = stat_path(path, Links::follow).value_or(std::nullopt);
  return stat && stat->is_directory();
}

}  // namespace stillage::os
