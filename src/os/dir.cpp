// SPDX-License-Identifier: MIT
#include "os/dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "os/file.h"

namespace stillage::os {
namespace {

FileKind kind_of(int dir, const char* name, unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::regular;
    case DT_DIR:
      return FileKind::directory;
    case DT_LNK:
      return FileKind::symlink;
    case DT_UNKNOWN:
      break;
    default:
      return FileKind::other;
  }
  const auto stat = stat_at(dir, name).value_or(std::nullopt);
  return stat ? stat->kind() : FileKind::other;
}

}  // namespace

Result<std::vector<DirEntry>> list_dir(int fd) {
  std::vector<DirEntry> entries;
  alignas(dirent64) thread_local char buffer[32 * 1024];
  while (true) {
    const long got = ::syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    if (got < 0) return io_error("list", "folder");
    if (got == 0) return entries;
    for (long at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      entries.push_back({entry->d_name, kind_of(fd, entry->d_name, entry->d_type)});
    }
  }
}

Result<std::vector<DirEntry>> list_dir(const std::string& path) {
  STILLAGE_ASSIGN(const Fd folder, open_path(path, O_RDONLY | O_DIRECTORY));
  auto entries = list_dir(folder.get());
  if (!entries) return fail_in(path, entries.error());
  return entries;
}

}  // namespace stillage::os
