// SPDX-License-Identifier: MIT
#include "net/body.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/file.h"
#include "os/stat.h"

namespace stillage::net {

Status MemorySource::rewind() {
  at_ = 0;
  return {};
}

Result<std::size_t> MemorySource::read(std::span<char> buffer) {
  const std::size_t count = std::min(buffer.size(), bytes_.size() - at_);
  std::memcpy(buffer.data(), bytes_.data() + at_, count);
  at_ += count;
  return count;
}

Result<FileSource> FileSource::open(const std::string& path) {
  STILLAGE_ASSIGN(os::Fd file, os::open_path(path, O_RDONLY));
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
  FileSource source(file.get(), 0, stat.size, path);
  source.owned_ = std::move(file);
  return source;
}

FileSource::FileSource(int fd, std::uint64_t offset, std::uint64_t size, std::string name)
    : fd_(fd), offset_(offset), size_(size), name_(std::move(name)) {}

Status FileSource::rewind() {
  at_ = 0;
  return {};
}

Result<std::size_t> FileSource::read(std::span<char> buffer) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - at_));
  if (wanted == 0) return std::size_t{0};
  ssize_t got;
  do {
    got = ::pread(fd_, buffer.data(), wanted, static_cast<off_t>(offset_ + at_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return os::io_error("read", name_);
  if (got == 0) return fail(ErrorKind::io, fmt::format("{} has become shorter while it was read", name_));
  at_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

Status MemorySink::begin(std::optional<std::uint64_t> size) {
  bytes_.clear();
  if (size && *size > limit_)
    return fail(ErrorKind::invalid,
                fmt::format("{} bytes are more than the {} expected here", *size, limit_));
  // Not more than that at once: what is announced may be a lie.
  constexpr std::uint64_t kMostReserved = 16 << 20;
  bytes_.reserve(static_cast<std::size_t>(std::min(size.value_or(0), kMostReserved)));
  return {};
}

Status MemorySink::write(std::string_view bytes) {
  if (bytes.size() > limit_ - bytes_.size())
    return fail(ErrorKind::invalid, fmt::format("more than the {} bytes expected here", limit_));
  bytes_.append(bytes);
  return {};
}

FileSink::FileSink(int fd, std::string name, std::uint64_t offset)
    : fd_(fd), name_(std::move(name)), offset_(offset), at_(offset) {}

Status FileSink::begin(std::optional<std::uint64_t>) {
  if (at_ != offset_ && ::ftruncate(fd_, static_cast<off_t>(offset_)) != 0) return os::io_error("cut", name_);
  at_ = offset_;
  return {};
}

Status FileSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return os::io_error("write", name_);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    at_ += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Status copy(ByteSource& source, ByteSink& sink) {
  STILLAGE_TRY(source.rewind());
  STILLAGE_TRY(sink.begin(source.size()));
  std::string buffer(256 << 10, '\0');
  while (true) {
    STILLAGE_ASSIGN(const std::size_t got, source.read(buffer));
    if (got == 0) return {};
    STILLAGE_TRY(sink.write({buffer.data(), got}));
  }
}

}  // namespace stillage::net
