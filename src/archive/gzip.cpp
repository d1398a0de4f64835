// SPDX-License-Identifier: MIT
#include "archive/gzip.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/strings.h"
#include "os/fd.h"
#include "os/file.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kPiece = 64 << 10;
/// The largest window, and 16 for gzip's header and checksum.
constexpr int kGzipWindow = 15 + 16;
constexpr int kUsualMemory = 8;

/// zlib counts bytes in unsigned ints, and does not write to what it reads.
Bytef* input_of(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

struct GzipWriter::State {
  int fd;
  std::string name;
  bool is_ready = false;
  z_stream stream{};
  std::array<char, kPiece> out;
};

GzipWriter::GzipWriter(int fd, std::string name, GzipEffort effort) : state_(std::make_unique<State>()) {
  state_->fd = fd;
  state_->name = std::move(name);
  const int level = effort == GzipEffort::none ? Z_NO_COMPRESSION : Z_DEFAULT_COMPRESSION;
  state_->is_ready = ::deflateInit2(&state_->stream, level, Z_DEFLATED, kGzipWindow, kUsualMemory,
                                    Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipWriter::~GzipWriter() {
  if (state_->is_ready) ::deflateEnd(&state_->stream);
}

/// Lets the stream take its input, and writes what comes out.
Status GzipWriter::flush_some(int mode) {
  if (!state_->is_ready) return fail(ErrorKind::io, "there is no memory for compressing");
  z_stream& stream = state_->stream;
  int result = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(state_->out.data());
    stream.avail_out = kPiece;
    result = ::deflate(&stream, mode);
    STILLAGE_TRY(os::write_all(state_->fd, {state_->out.data(), kPiece - stream.avail_out}, state_->name));
  } while (stream.avail_out == 0 || (mode == Z_FINISH && result == Z_OK));
  return {};
}

Status GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, 1 << 20);
    state_->stream.next_in = input_of(piece);
    state_->stream.avail_in = static_cast<uInt>(piece.size());
    STILLAGE_TRY(flush_some(Z_NO_FLUSH));
    bytes.remove_prefix(piece.size());
  }
  return {};
}

Status GzipWriter::finish() {
  state_->stream.avail_in = 0;
  return flush_some(Z_FINISH);
}

Status gunzip(int fd, std::string_view name, std::uint64_t limit,
              const std::function<Status(std::string_view)>& sink) {
  const auto damaged = [name](std::string_view why) {
    return fail(ErrorKind::corrupt, fmt::format("{} {}", base::printable(name), why));
  };
  struct Inflater {
    z_stream stream{};
    bool is_ready = ::inflateInit2(&stream, kGzipWindow) == Z_OK;
    ~Inflater() {
      if (is_ready) ::inflateEnd(&stream);
    }
  } inflater;
  if (!inflater.is_ready) return fail(ErrorKind::io, "there is no memory for unpacking");
  z_stream& stream = inflater.stream;
  std::string in(kPiece, '\0');
  std::string out(kPiece, '\0');
  std::uint64_t unpacked = 0;
  bool is_ended = false;
  while (true) {
    const ssize_t got = ::read(fd, in.data(), in.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::io_error("read", name);
    if (got == 0) break;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(got);
    do {
      // Streams may follow one another.
      if (is_ended && ::inflateReset(&stream) != Z_OK) return damaged("can't be unpacked");
      is_ended = false;
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = kPiece;
      const int result = ::inflate(&stream, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return damaged("is no sound gzip file");
      is_ended = result == Z_STREAM_END;
      const std::size_t count = kPiece - stream.avail_out;
      unpacked += count;
      if (unpacked > limit) return damaged(fmt::format("has more than {} unpacked", base::human_size(limit)));
      STILLAGE_TRY(sink({out.data(), count}));
    } while (stream.avail_in > 0 || (stream.avail_out == 0 && !is_ended));
  }
  return is_ended ? Status() : damaged("was cut off");
}

}  // namespace stillage::archive
