// SPDX-License-Identifier: MIT
#include "os/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "base/strings.h"
#include "os/dir.h"
#include "os/path.h"
#include "os/stat.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

constexpr std::uint64_t kUnknownSize = 4000;

}  // namespace

Result<Fd> open_at(int dir, const std::string& path, int flags, std::uint32_t mode) {
  witness_path_at(dir, path);
  int fd;
  do {
    fd = ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return io_error("open", path);
  if ((flags & O_DIRECTORY) != 0) witness_folder(fd);
  return Fd(fd);
}

Result<Fd> open_path(const std::string& path, int flags, std::uint32_t mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

Result<std::string> read_all(int fd, std::string_view name, std::uint64_t max_size) {
  STILLAGE_ASSIGN(const FileStat stat, stat_fd(fd));
  std::string content;
  // Those of /proc say that they are empty.
  const std::uint64_t expected = stat.size > 0 ? stat.size : kUnknownSize;
  // One byte more than the size says, so that more than that is noticed.
  content.resize(static_cast<std::size_t>(std::min<std::uint64_t>(expected, max_size)) + 1);
  std::size_t filled = 0;
  while (true) {
    const ssize_t got = ::read(fd, content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", name);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > max_size)
      return fail(ErrorKind::invalid, fmt::format("{} is larger than {} bytes", name, max_size));
    if (filled == stat.size) break;
    if (filled == content.size()) content.resize(content.size() * 2);
  }
  content.resize(filled);
  return content;
}

Result<std::string> read_file_at(int dir, const std::string& path, std::uint64_t max_size) {
  STILLAGE_ASSIGN(const Fd file, open_at(dir, path, O_RDONLY));
  return read_all(file.get(), path, max_size);
}

Result<std::string> read_file(const std::string& path, std::uint64_t max_size) {
  return read_file_at(AT_FDCWD, path, max_size);
}

Result<std::optional<std::string>> read_file_if_any(const std::string& path, std::uint64_t max_size) {
  witness_path(path);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (fd < 0) return io_error("open", path);
  const Fd file(fd);
  STILLAGE_ASSIGN(std::string content, read_all(file.get(), path, max_size));
  return std::optional(std::move(content));
}

Status write_all(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return io_error("write", name);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status write_file_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode,
                         Durability durability) {
  return write_file_atomic(path, std::span(&bytes, 1), mode, durability);
}

Status write_file_atomic(const std::string& path, std::span<const std::string_view> pieces,
                         std::uint32_t mode, Durability durability) {
  const std::string folder(parent_path(path));
  const std::string aside = join_path(folder, temp_name());
  const auto write = [&]() -> Status {
    STILLAGE_ASSIGN(const Fd file, open_path(aside, O_WRONLY | O_CREAT | O_EXCL, mode));
    for (const std::string_view piece : pieces) STILLAGE_TRY(write_all(file.get(), piece, path));
    if (durability == Durability::flushed && ::fsync(file.get()) != 0) return io_error("flush", path);
    if (::rename(aside.c_str(), path.c_str()) != 0) return io_error("replace", path);
    return {};
  };
  const Status written = write();
  if (!written) {
    ::unlink(aside.c_str());
    return written;
  }
  if (durability == Durability::flushed) {
    STILLAGE_ASSIGN(const Fd dir, open_path(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY));
    if (::fsync(dir.get()) != 0) return io_error("flush", folder);
  }
  return {};
}

Result<std::string> read_link_at(int dir, const std::string& path) {
  witness_path_at(dir, path);
  std::string text(256, '\0');
  while (true) {
    const ssize_t length = ::readlinkat(dir, path.c_str(), text.data(), text.size());
    if (length < 0) return io_error("read link", path);
    if (static_cast<std::size_t>(length) < text.size()) {
      text.resize(static_cast<std::size_t>(length));
      return text;
    }
    text.resize(text.size() * 2);
  }
}

Status make_dirs(const std::string& path, std::uint32_t mode) {
  if (path.empty() || ::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == ENOENT) {
    STILLAGE_TRY(make_dirs(std::string(parent_path(path)), mode));
    if (::mkdir(path.c_str(), mode) == 0) return {};
  }
  const int error = errno;
  if (error == EEXIST && is_directory(path)) return {};
  return io_error("make folder", path, error);
}

namespace {

/// Folders this far down are moved up before their contents go: neither the stack nor the number of open
/// files may depend on what lies there.
constexpr int kMaxRemovalDepth = 100;

class TreeRemoval {
 public:
  explicit TreeRemoval(int dir) : dir_(dir) {}

  Status run(const std::string& name) {
    STILLAGE_TRY(remove(dir_, name, 0));
    while (!moved_up_.empty()) {
      const std::string next = std::move(moved_up_.back());
      moved_up_.pop_back();
      STILLAGE_TRY(remove(dir_, next, 0));
    }
    return {};
  }

 private:
  Status remove(int dir, const std::string& name, int depth) {
    if (::unlinkat(dir, name.c_str(), 0) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    if (errno != EISDIR && errno != EPERM) return io_error("remove", name);
    if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    if (errno != ENOTEMPTY && errno != EEXIST) return io_error("remove", name);
    if (depth == kMaxRemovalDepth) {
      std::string above = temp_name();
      if (::renameat(dir, name.c_str(), dir_, above.c_str()) != 0 && errno != ENOENT)
        return io_error("remove", name);
      moved_up_.push_back(std::move(above));
      return {};
    }
    STILLAGE_ASSIGN(const Fd folder, open_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    STILLAGE_ASSIGN(const std::vector<DirEntry> entries, list_dir(folder.get()));
    for (const DirEntry& entry : entries) STILLAGE_TRY(remove(folder.get(), entry.name, depth + 1));
    if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return io_error("remove", name);
    return {};
  }

  int dir_;
  std::vector<std::string> moved_up_;
};

}  // namespace

Status remove_tree_at(int dir, const std::string& name) {
  // What was moved up must land in the folder of the top, whatever `name` looks like.
  const std::string_view parent = parent_path(name);
  if (parent.empty()) return TreeRemoval(dir).run(name);
  const int fd = ::openat(dir, std::string(parent).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (fd < 0) return io_error("remove", name);
  const Fd folder(fd);
  return TreeRemoval(folder.get()).run(std::string(file_name(name)));
}

Status remove_tree(const std::string& path) {
  return remove_tree_at(AT_FDCWD, path);
}

Result<std::string> real_path(const std::string& path) {
  witness_path(path);
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) return io_error("resolve", path);
  return std::string(real.get());
}

Result<std::string> current_dir() {
  return real_path(".");
}

std::string temp_name() {
  static std::atomic<std::uint64_t> counter = 0;
  static const std::uint32_t salt = std::random_device()();
  return fmt::format("{}{}-{:x}-{:x}", kTempPrefix, ::getpid(), salt, ++counter);
}

bool is_temp_name(std::string_view name) {
  if (!name.starts_with(kTempPrefix)) return false;
  const auto parts = base::split(name.substr(kTempPrefix.size()), '-');
  const auto consists_of = [](std::string_view part, std::string_view digits) {
    return !part.empty() && part.find_first_not_of(digits) == std::string_view::npos;
  };
  constexpr std::string_view kHex = "0123456789abcdef";
  return parts.size() == 3 && consists_of(parts[0], kHex.substr(0, 10)) && consists_of(parts[1], kHex) &&
         consists_of(parts[2], kHex);
}

}  // namespace stillage::os
