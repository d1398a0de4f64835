// SPDX-License-Identifier: MIT
#include "archive/entry_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "archive/manifest_json.h"
#include "archive/tar_header.h"
#include "archive/trailer.h"
#include "archive/zstd_frame.h"
#include "base/strings.h"
#include "os/stat.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kVerifySize = 1 << 20;

/// Takes the tar part of an entry and compares it with what must be there.
class Body {
 public:
  Body(FrameReader& frame, const std::string& name) : frame_(frame), name_(name) {}

  /// The next bytes are exactly `expected`.
  Status expect(std::string_view expected, std::string_view what) {
    while (!expected.empty()) {
      STILLAGE_ASSIGN(const std::string_view bytes, frame_.next(expected.size()));
      if (bytes.empty()) return corrupt(fmt::format("ends before {}", base::printable(what)));
      if (bytes != expected.substr(0, bytes.size()))
        return corrupt(fmt::format("{} is not as the manifest says", base::printable(what)));
      expected.remove_prefix(bytes.size());
    }
    return {};
  }
  Status expect_zeros(std::size_t count, std::string_view what) {
    static constexpr char kZeros[kTarEnd] = {};
    return expect({kZeros, count}, what);
  }

  /// The content of `output`, to `sink` if that wants it.
  Status content(const Output& output, FileSink& sink) {
    STILLAGE_ASSIGN(const bool is_wanted, sink.begin(output));
    sha256_.reset();
    for (std::uint64_t left = output.size; left != 0;) {
      STILLAGE_ASSIGN(const std::string_view bytes,
                      frame_.next(static_cast<std::size_t>(std::min<std::uint64_t>(left, SIZE_MAX))));
      if (bytes.empty()) return corrupt(fmt::format("ends within {}", base::printable(output.path)));
      left -= bytes.size();
      if (!is_wanted) continue;
      sha256_.update(bytes);
      STILLAGE_TRY(sink.write(bytes));
    }
    if (!is_wanted) return {};
    if (sha256_.finish() != output.digest)
      return corrupt(
          fmt::format("the content of {} is not as the manifest says", base::printable(output.path)));
    return sink.end(output);
  }

  Status expect_end() {
    STILLAGE_TRY(expect_zeros(kTarEnd, "the end of the files"));
    STILLAGE_ASSIGN(const std::string_view bytes, frame_.next(1));
    if (!bytes.empty()) return corrupt("goes on after the last output");
    return {};
  }

 private:
  tl::unexpected<Error> corrupt(std::string_view what) const {
    return fail(ErrorKind::corrupt, fmt::format("{}: {}", name_, what));
  }

  FrameReader& frame_;
  const std::string& name_;
  base::Sha256 sha256_;
};

}  // namespace

EntryReader::EntryReader(os::Fd file, std::uint64_t size, std::string name)
    : file_(std::move(file)), size_(size), name_(std::move(name)) {}

Result<EntryReader> EntryReader::open(os::Fd file, std::string name) {
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
  if (!stat.is_regular()) return fail(ErrorKind::corrupt, fmt::format("{}: is no regular file", name));
  return EntryReader(std::move(file), stat.size, std::move(name));
}

Status EntryReader::verify() {
  if (size_ < kTrailer) return fail(ErrorKind::corrupt, fmt::format("{}: too short for an entry", name_));
  const std::uint64_t end = size_ - kTrailer;
  if (size_ > kVerifySize) ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(size_, kVerifySize));
  const std::unique_ptr<char[]> buffer(new char[step]);
  base::Xxh128 digest;
  std::string trailer;
  for (std::uint64_t offset = 0; offset < size_;) {
    const ssize_t got = ::pread(file_.get(), buffer.get(), step, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::io_error("read", name_);
    if (got == 0) return fail(ErrorKind::corrupt, fmt::format("{}: became shorter while it was read", name_));
    const std::string_view bytes(buffer.get(), static_cast<std::size_t>(got));
    const auto covered =
        static_cast<std::size_t>(offset < end ? std::min<std::uint64_t>(bytes.size(), end - offset) : 0);
    digest.update(bytes.substr(0, covered));
    trailer += bytes.substr(covered);
    offset += bytes.size();
  }
  if (trailer != make_trailer(digest.finish()))
    return fail(ErrorKind::corrupt,
                fmt::format("{}: damaged or no entry: the digest at its end does not fit", name_));
  return {};
}

Result<Manifest> EntryReader::manifest() {
  STILLAGE_ASSIGN(const std::string text, manifest_text());
  return decode_manifest(text, name_);
}

Result<std::string> EntryReader::manifest_text() {
  const auto corrupt = [&](std::string_view what) {
    return fail(ErrorKind::corrupt, fmt::format("{}: manifest: {}", name_, what));
  };
  if (size_ < kTrailer) return corrupt("too short for an entry");
  FrameReader frame(file_.get(), 0, size_ - kTrailer, name_);
  STILLAGE_ASSIGN(const std::uint64_t stated, frame.stated_size());
  if (stated > max_first_frame(size_ - kTrailer) || stated % kTarBlock != 0 || stated < 2 * kTarBlock)
    return corrupt("states no size, or one that can't be right");
  std::string tar;
  while (true) {
    STILLAGE_ASSIGN(const std::string_view bytes, frame.next(SIZE_MAX));
    if (bytes.empty()) break;
    tar += bytes;
    if (tar.size() > stated) break;
  }
  if (tar.size() != stated) return corrupt("is not of the size that it states");

  const std::uint64_t size = tar_size_field(tar);
  std::string header;
  append_manifest_header(size, header);
  if (!tar.starts_with(header) || size + tar_padding(size) != tar.size() - kTarBlock ||
      tar.find_first_not_of('\0', kTarBlock + size) != std::string::npos)
    return corrupt("its tar header is not as it must be");
  tar.erase(0, kTarBlock);
  tar.resize(size);
  body_offset_ = frame.offset();
  return tar;
}

Status EntryReader::extract(const Manifest& manifest, FileSink& sink) {
  if (body_offset_ == 0) STILLAGE_TRY(this->manifest());
  FrameReader frame(file_.get(), body_offset_, size_ - kTrailer, name_);
  Body body(frame, name_);
  std::string headers;
  for (const Output& output : manifest.outputs) {
    headers.clear();
    append_tar_headers(output, headers);
    STILLAGE_TRY(body.expect(headers, output.path));
    if (output.kind != OutputKind::file) continue;
    STILLAGE_TRY(body.content(output, sink));
    STILLAGE_TRY(body.expect_zeros(tar_padding(output.size), output.path));
  }
  STILLAGE_TRY(body.expect_end());
  if (frame.offset() != size_ - kTrailer)
    return fail(ErrorKind::corrupt, fmt::format("{}: more follows after its files", name_));
  return {};
}

}  // namespace stillage::archive
