// SPDX-License-Identifier: MIT
#include "archive/zstd_frame.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "os/fd.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kInput = 128 << 10;
constexpr std::size_t kOutput = 256 << 10;
constexpr int kMaxWindowLog = 27;
constexpr std::size_t kLongestFrameHeader = 18;

/// Buffers are not cleared: that would cost as much as compressing a small entry.
std::unique_ptr<char[]> make_buffer(std::size_t size) {
  return std::unique_ptr<char[]>(new char[size]);
}

}  // namespace

struct FrameWriter::Scratch {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::unique_ptr<char[]> output = make_buffer(kOutput);

  Scratch() {
    if (context == nullptr) throw std::bad_alloc();
  }
  ~Scratch() { ZSTD_freeCCtx(context); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

FrameWriter::FrameWriter() : scratch_(take_pooled<Scratch>()) {}
FrameWriter::~FrameWriter() = default;
FrameWriter::FrameWriter(FrameWriter&&) noexcept = default;
FrameWriter& FrameWriter::operator=(FrameWriter&&) noexcept = default;

Result<FrameWriter> FrameWriter::create(int level) {
  FrameWriter writer;
  ZSTD_CCtx* const context = writer.scratch_->context;
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  if (level < 1 || level > 19 ||
      ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) != 0)
    return fail(ErrorKind::invalid, fmt::format("{} is no zstd level from 1 to 19", level));
  return writer;
}

Status FrameWriter::step(std::string_view bytes, bool last, std::string& out) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  while (true) {
    ZSTD_outBuffer output{scratch_->output.get(), kOutput, 0};
    const std::size_t left =
        ZSTD_compressStream2(scratch_->context, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) return fail(ErrorKind::io, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
    out.append(scratch_->output.get(), output.pos);
    if (last ? left == 0 : input.pos == input.size) return {};
  }
}

Status FrameWriter::whole(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compress2(scratch_->context, out.data() + before, out.size() - before, bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) return fail(ErrorKind::io, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(before + size);
  return {};
}

struct FrameReader::Scratch {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  std::unique_ptr<char[]> input = make_buffer(kInput);
  std::unique_ptr<char[]> output = make_buffer(kOutput);

  Scratch() {
    if (context == nullptr) throw std::bad_alloc();
  }
  ~Scratch() { ZSTD_freeDCtx(context); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

FrameReader::FrameReader(int file, std::uint64_t offset, std::uint64_t limit, std::string name)
    : file_(file),
      start_(offset),
      read_offset_(offset),
      limit_(limit),
      name_(std::move(name)),
      scratch_(take_pooled<Scratch>()) {
  ZSTD_DCtx_reset(scratch_->context, ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(scratch_->context, ZSTD_d_windowLogMax, kMaxWindowLog);
}

FrameReader::~FrameReader() = default;

std::uint64_t FrameReader::offset() const {
  return read_offset_ - (in_end_ - in_begin_);
}

tl::unexpected<Error> FrameReader::corrupt(std::string_view what) const {
  return fail(ErrorKind::corrupt, fmt::format("{}: {}", name_, what));
}

Status FrameReader::read_more() {
  const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kInput, limit_ - read_offset_));
  in_begin_ = in_end_ = 0;
  while (want != 0) {
    const ssize_t got = ::pread(file_, scratch_->input.get(), want, static_cast<off_t>(read_offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::io_error("read", name_);
    in_end_ = static_cast<std::size_t>(got);
    read_offset_ += in_end_;
    break;
  }
  if (in_end_ == 0) return corrupt("cut off in the middle of a frame");
  return {};
}

Status FrameReader::start() {
  if (read_offset_ != start_) return {};
  STILLAGE_TRY(read_more());
  // libzstd would also take older formats, and pass over skippable frames; ours have neither in this place.
  std::uint32_t magic = 0;
  for (std::size_t i = std::min<std::size_t>(4, in_end_); i-- > 0;)
    magic = magic << 8 | static_cast<std::uint8_t>(scratch_->input[i]);
  if (magic != ZSTD_MAGICNUMBER) return corrupt("no zstd frame where one must be");
  return {};
}

Result<std::uint64_t> FrameReader::stated_size() {
  STILLAGE_TRY(start());
  const unsigned long long size =
      ZSTD_getFrameContentSize(scratch_->input.get(), std::min(in_end_, kLongestFrameHeader));
  if (size == ZSTD_CONTENTSIZE_ERROR) return corrupt("a damaged zstd frame");
  return size == ZSTD_CONTENTSIZE_UNKNOWN ? UINT64_MAX : size;
}

Status FrameReader::fill() {
  out_begin_ = out_end_ = 0;
  STILLAGE_TRY(start());
  while (!finished_ && out_end_ == 0) {
    if (in_begin_ == in_end_ && !full_) STILLAGE_TRY(read_more());
    ZSTD_inBuffer input{scratch_->input.get(), in_end_, in_begin_};
    ZSTD_outBuffer output{scratch_->output.get(), kOutput, 0};
    const std::size_t left = ZSTD_decompressStream(scratch_->context, &output, &input);
    if (ZSTD_isError(left) != 0) return corrupt(ZSTD_getErrorName(left));
    in_begin_ = input.pos;
    out_end_ = output.pos;
    full_ = output.pos == kOutput;
    finished_ = left == 0;
  }
  return {};
}

Result<std::string_view> FrameReader::next(std::size_t most) {
  if (out_begin_ == out_end_) STILLAGE_TRY(fill());
  const std::size_t size = std::min(most, out_end_ - out_begin_);
  const std::string_view bytes(scratch_->output.get() + out_begin_, size);
  out_begin_ += size;
  return bytes;
}

}  // namespace stillage::archive
