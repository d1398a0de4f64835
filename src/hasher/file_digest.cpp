// SPDX-License-Identifier: MIT
#include "hasher/file_digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "os/fd.h"
#include "os/file.h"

namespace stillage::hasher {
namespace {

constexpr std::size_t kBufferSize = 128 * 1024;
constexpr std::size_t kTextProbe = 8000;
constexpr int kAttempts = 5;

/// Reads the file from its start and gives its pieces to `take`. Every piece but the last fills the buffer.
template <class Take>
Status read_pieces(int fd, const std::string& path, Take take) {
  thread_local std::vector<char> buffer(kBufferSize);
  off_t offset = 0;
  while (true) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const ssize_t got =
          ::pread(fd, buffer.data() + filled, buffer.size() - filled, offset + static_cast<off_t>(filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os::io_error("read", path);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    if (filled > 0) take(std::string_view(buffer.data(), filled));
    if (filled < buffer.size()) return {};
    offset += static_cast<off_t>(filled);
  }
}

/// Gives text on with each CRLF as LF; pieces may end between the two.
class CrlfFilter {
 public:
  explicit CrlfFilter(LineEndings line_endings) : keeps_last_(line_endings == LineEndings::normalised) {}

  template <class Take>
  void feed(std::string_view piece, Take take) {
    if (pending_cr_ && piece.front() != '\n') take(std::string_view("\r"));
    pending_cr_ = false;
    while (!piece.empty()) {
      const std::size_t cr = piece.find('\r');
      const std::string_view before = piece.substr(0, cr);
      if (!before.empty()) take(before);
      if (cr == std::string_view::npos) return;
      piece.remove_prefix(cr + 1);
      if (piece.empty()) {
        pending_cr_ = true;
        return;
      }
      if (piece.front() != '\n') take(std::string_view("\r"));
    }
  }
  template <class Take>
  void finish(Take take) {
    if (pending_cr_ && keeps_last_) take(std::string_view("\r"));
  }

 private:
  bool keeps_last_;
  bool pending_cr_ = false;
};

void begin_blob(base::Sha1& sha1, std::uint64_t size) {
  sha1.reset();
  sha1.update(fmt::format("blob {}", size));
  sha1.update(std::string_view("\0", 1));
}

struct Content {
  base::Sha1Digest digest{};
  std::uint64_t size = 0;
};

/// The blob id, or nothing if the file's size is another than `size`.
Result<std::optional<Content>> digest_raw(int fd, const std::string& path, std::uint64_t size) {
  thread_local base::Sha1 sha1;
  begin_blob(sha1, size);
  std::uint64_t seen = 0;
  STILLAGE_TRY(read_pieces(fd, path, [&](std::string_view piece) {
    seen += piece.size();
    sha1.update(piece);
  }));
  const base::Sha1Digest digest = sha1.finish();
  return seen == size ? std::optional(Content{digest, size}) : std::nullopt;
}

/// A blob id begins with the length of the content, so the normalised content is gone through twice.
Result<std::optional<Content>> digest_normalised(int fd, const std::string& path, std::uint64_t size,
                                                 LineEndings line_endings) {
  bool first = true;
  bool binary = false;
  std::uint64_t normalised_size = 0;
  CrlfFilter counting(line_endings);
  const auto count = [&](std::string_view text) { normalised_size += text.size(); };
  STILLAGE_TRY(read_pieces(fd, path, [&](std::string_view piece) {
    if (first) binary = piece.substr(0, kTextProbe).find('\0') != std::string_view::npos;
    first = false;
    if (!binary) counting.feed(piece, count);
  }));
  counting.finish(count);
  if (binary) return digest_raw(fd, path, size);

  thread_local base::Sha1 sha1;
  begin_blob(sha1, normalised_size);
  std::uint64_t seen = 0;
  CrlfFilter filter(line_endings);
  const auto update = [&](std::string_view text) {
    seen += text.size();
    sha1.update(text);
  };
  STILLAGE_TRY(read_pieces(fd, path, [&](std::string_view piece) { filter.feed(piece, update); }));
  filter.finish(update);
  const base::Sha1Digest digest = sha1.finish();
  return seen == normalised_size ? std::optional(Content{digest, normalised_size}) : std::nullopt;
}

}  // namespace

Result<std::optional<DigestedFile>> digest_file(int dir, const std::string& path, LineEndings line_endings,
                                                os::Links links) {
  const int no_follow = links == os::Links::keep ? O_NOFOLLOW : 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    DigestedFile file;
    file.read_at_ns = base::now_ns();
    // O_NONBLOCK: a fifo that has come to lie here must not make us wait for its writer.
    const auto fd = os::open_at(dir, path, O_RDONLY | no_follow | O_NONBLOCK);
    if (!fd) {
      STILLAGE_ASSIGN(const auto stat, os::stat_at(dir, path, links));
      if (!stat) return std::optional<DigestedFile>();
      return tl::make_unexpected(fd.error());
    }
    STILLAGE_ASSIGN(file.stat, os::stat_fd(fd->get()));
    if (!file.stat.is_regular())
      return fail(ErrorKind::io, fmt::format("cannot read {}: not a regular file", path));
    STILLAGE_ASSIGN(const auto content,
                    line_endings == LineEndings::as_they_are
                        ? digest_raw(fd->get(), path, file.stat.size)
                        : digest_normalised(fd->get(), path, file.stat.size, line_endings));
    STILLAGE_ASSIGN(const os::FileStat after, os::stat_fd(fd->get()));
    if (!content || !same_content(file.stat, after)) continue;
    file.digest = content->digest;
    file.size = content->size;
    return std::optional(file);
  }
  return fail(ErrorKind::io, fmt::format("cannot digest {}: it changes while it is read", path));
}

bool same_content(const os::FileStat& a, const os::FileStat& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.inode == b.inode &&
         a.mode == b.mode;
}

}  // namespace stillage::hasher
