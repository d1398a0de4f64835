// SPDX-License-Identifier: MIT
#include "os/beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/strings.h"
#include "os/path.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

int open_walking(int dir, const std::string& path, int flags, std::uint32_t mode) {
  Fd folder(::openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto segments = base::split(path, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i] == "..") {
      errno = EXDEV;
      return -1;
    }
    const std::string name(segments[i]);
    if (i + 1 == segments.size())
      return ::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    folder = Fd(::openat(folder.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return -1;
  }
  return -1;
}

}  // namespace

Result<Fd> open_beneath(int dir, const std::string& path, int flags, LinkPolicy links, std::uint32_t mode) {
  witness_path_at(dir, path);
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve =
      RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (links == LinkPolicy::refuse ? RESOLVE_NO_SYMLINKS : 0);
  const std::string name = path.empty() ? "." : path;
  long fd;
  do {
    fd = ::syscall(SYS_openat2, dir, name.c_str(), &how, sizeof how);
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  if (fd < 0 && errno == ENOSYS) fd = open_walking(dir, name, flags, mode);
  if (fd >= 0) {
    if ((flags & O_DIRECTORY) != 0) witness_folder(static_cast<int>(fd));
    return Fd(static_cast<int>(fd));
  }
  if (errno == EXDEV || errno == ELOOP)
    return fail(ErrorKind::invalid,
                fmt::format("{} passes through a link that it may not follow", base::printable(path)));
  return io_error("open", path);
}

Result<Fd> make_dirs_beneath(int dir, const std::string& path, LinkPolicy links) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  auto folder = open_beneath(dir, path, kFlags, links);
  if (folder || folder.error().kind == ErrorKind::invalid || path.empty()) return folder;
  STILLAGE_ASSIGN(const Fd parent, make_dirs_beneath(dir, std::string(parent_path(path)), links));
  const std::string name(file_name(path));
  if (::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST)
    return io_error("make folder", path);
  return open_beneath(dir, path, kFlags, links);
}

}  // namespace stillage::os
