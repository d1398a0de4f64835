// SPDX-License-Identifier: MIT
#include "archive/entry_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "archive/manifest_json.h"
#include "archive/path_search.h"
#include "archive/tar_header.h"
#include "archive/trailer.h"
#include "archive/zstd_frame.h"
#include "base/strings.h"
#include "os/path.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kReadSize = 256 << 10;
/// How much of the compressed body stays in memory. Most entries never touch a second file.
constexpr std::size_t kBodyInMemory = 4 << 20;

bool same_file_state(const os::FileStat& a, const os::FileStat& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.mode == b.mode;
}

Result<os::Fd> create_temp(const std::string& path) {
  return os::open_path(path, O_RDWR | O_CREAT | O_EXCL, 0644);
}

/// Reads up to `size` bytes; 0 is the end of the file.
Result<std::size_t> read_some(int fd, char* out, std::size_t size, std::string_view name) {
  while (true) {
    const ssize_t got = ::read(fd, out, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return os::io_error("read", name);
  }
}

struct ReadBuffer {
  std::unique_ptr<char[]> bytes{new char[kReadSize + kMaxPath * PathSearch::kLongestSpelling]};
};

}  // namespace

struct EntryWriter::State {
  std::string temp_folder;
  PathSearch search;
  FrameWriter frames;
  Pooled<ReadBuffer> buffer = take_pooled<ReadBuffer>();
  std::string body;  ///< what of the compressed body is not in `spilled`
  os::Fd spilled;
  std::uint64_t spilled_size = 0;
  std::string headers;
  OutputOrder order;
  std::vector<Output> outputs;
  base::Sha256 sha256;
  os::FileStat last_stat;
  bool is_broken = false;

  State(std::string folder, std::string_view scan_for, FrameWriter writer)
      : temp_folder(std::move(folder)), search(scan_for), frames(std::move(writer)) {}

  Status add_bytes(std::string_view bytes) {
    STILLAGE_TRY(frames.add(bytes, body));
    return body.size() < kBodyInMemory ? Status() : spill();
  }
  Status spill();
  Status add_header(const Output& output);
  Status add_content(int fd, Output& output);
  Status add_link_or_folder(Output output);
  Result<std::string> manifest_frame(const Manifest& manifest);
  Result<std::uint64_t> write_entry(int fd, std::string head, std::string_view name);
};

Status EntryWriter::State::spill() {
  if (!spilled) {
    const std::string path = os::join_path(temp_folder, os::temp_name());
    STILLAGE_ASSIGN(spilled, create_temp(path));
    if (::unlink(path.c_str()) != 0) return os::io_error("remove", path);
  }
  STILLAGE_TRY(os::write_all(spilled.get(), body, temp_folder));
  spilled_size += body.size();
  body.clear();
  return {};
}

Status EntryWriter::State::add_header(const Output& output) {
  if (is_broken) return fail(ErrorKind::invalid, "this entry failed before");
  STILLAGE_TRY(order.add(output.path, output.kind));
  headers.clear();
  append_tar_headers(output, headers);
  return add_bytes(headers);
}

Status EntryWriter::State::add_content(int fd, Output& output) {
  static constexpr char kZeros[kTarBlock] = {};
  char* const piece = buffer->bytes.get() + search.reserve();
  search.start();
  sha256.reset();
  for (std::uint64_t left = output.size; left != 0;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kReadSize, left));
    STILLAGE_ASSIGN(const std::size_t got, read_some(fd, piece, want, output.path));
    if (got == 0) break;  // shorter than it was: the stat tells
    sha256.update({piece, got});
    STILLAGE_TRY(add_bytes({piece, got}));
    search.look_at(piece, got);
    left -= got;
  }
  output.digest = sha256.finish();
  STILLAGE_ASSIGN(const os::FileStat after, os::stat_fd(fd));
  if (!same_file_state(last_stat, after))
    return fail(ErrorKind::invalid,
                fmt::format("{} changed while it was packed", base::printable(output.path)));
  return add_bytes({kZeros, tar_padding(output.size)});
}

Status EntryWriter::State::add_link_or_folder(Output output) {
  STILLAGE_TRY(add_header(output));
  outputs.push_back(std::move(output));
  return {};
}

/// The first frame: the manifest in a tar entry.
Result<std::string> EntryWriter::State::manifest_frame(const Manifest& manifest) {
  const std::string json = encode_manifest(manifest);
  std::string tar;
  tar.reserve(json.size() + 2 * kTarBlock);
  append_manifest_header(json.size(), tar);
  tar += json;
  tar.append(tar_padding(json.size()), '\0');
  std::string frame;
  STILLAGE_TRY(frames.whole(tar, frame));
  if (tar.size() > max_first_frame(frame.size() + spilled_size + body.size()))
    return fail(ErrorKind::invalid,
                fmt::format("the log and the list of outputs of {} are too large to be stored ({})",
                            base::printable(manifest.target), base::human_size(tar.size())));
  return frame;
}

/// Writes all three frames; the size of the entry. The digest must see the body after the manifest, so the
/// body is read again anyway: copying it in the same pass is cheaper than to have the kernel copy it as well.
Result<std::uint64_t> EntryWriter::State::write_entry(int fd, std::string head, std::string_view name) {
  base::Xxh128 digest;
  std::uint64_t size = 0;
  const auto write = [&](std::string_view bytes) -> Status {
    digest.update(bytes);
    size += bytes.size();
    return os::write_all(fd, bytes, name);
  };
  if (spilled) {
    STILLAGE_TRY(spill());
    STILLAGE_TRY(write(head));
    if (::lseek(spilled.get(), 0, SEEK_SET) != 0) return os::io_error("rewind", temp_folder);
    while (true) {
      STILLAGE_ASSIGN(const std::size_t got,
                      read_some(spilled.get(), buffer->bytes.get(), kReadSize, temp_folder));
      if (got == 0) break;
      STILLAGE_TRY(write({buffer->bytes.get(), got}));
    }
    STILLAGE_TRY(os::write_all(fd, make_trailer(digest.finish()), name));
  } else {
    head += body;
    size = head.size();
    head += make_trailer(base::xxh128(head));
    STILLAGE_TRY(os::write_all(fd, head, name));
  }
  return size + kTrailer;
}

EntryWriter::EntryWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
EntryWriter::~EntryWriter() = default;
EntryWriter::EntryWriter(EntryWriter&&) noexcept = default;
EntryWriter& EntryWriter::operator=(EntryWriter&&) noexcept = default;

Result<EntryWriter> EntryWriter::create(const std::string& temp_folder, std::string_view scan_for,
                                        int level) {
  if (scan_for.size() > kMaxPath)
    return fail(ErrorKind::invalid, fmt::format("a path to look for of more than {} bytes", kMaxPath));
  STILLAGE_ASSIGN(FrameWriter frames, FrameWriter::create(level));
  return EntryWriter(std::make_unique<State>(temp_folder, scan_for, std::move(frames)));
}

Status EntryWriter::add_file(int dir, const std::string& name, std::string path) {
  // Without O_NONBLOCK, opening a fifo would wait for a writer.
  STILLAGE_ASSIGN(const os::Fd file, os::open_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
  if (!stat.is_regular())
    return fail(ErrorKind::unsupported, fmt::format("{} is no regular file", base::printable(path)));
  Output output{
      .path = std::move(path), .kind = OutputKind::file, .mode = stat.mode & 0777, .size = stat.size};
  STILLAGE_TRY(state_->add_header(output));
  state_->last_stat = stat;
  state_->is_broken = true;  // until the content has followed its header
  STILLAGE_TRY(state_->add_content(file.get(), output));
  state_->is_broken = false;
  state_->outputs.push_back(std::move(output));
  return {};
}

Status EntryWriter::add_symlink(std::string path, std::string text) {
  if (text.empty() || text.size() > kMaxLink || text.find('\0') != std::string::npos)
    return fail(ErrorKind::invalid, fmt::format("the text of the link {} is none", base::printable(path)));
  state_->search.look_at(text);
  return state_->add_link_or_folder(
      {.path = std::move(path), .kind = OutputKind::symlink, .link = std::move(text)});
}

Status EntryWriter::add_directory(std::string path, std::uint32_t mode) {
  return state_->add_link_or_folder(
      {.path = std::move(path), .kind = OutputKind::directory, .mode = mode & 0777});
}

const os::FileStat& EntryWriter::last_stat() const {
  return state_->last_stat;
}
bool EntryWriter::found_path() const {
  return state_->search.found();
}
const std::vector<Output>& EntryWriter::outputs() const {
  return state_->outputs;
}

Result<EntryWriter::Finished> EntryWriter::finish(Manifest manifest, os::Durability durability) {
  if (state_->is_broken) return fail(ErrorKind::invalid, "this entry failed before");
  state_->is_broken = true;
  STILLAGE_TRY(state_->frames.add(std::string(kTarEnd, '\0'), state_->body));
  STILLAGE_TRY(state_->frames.end(state_->body));
  Finished finished{.path = os::join_path(state_->temp_folder, os::temp_name()),
                    .size = 0,
                    .manifest = std::move(manifest)};
  finished.manifest.outputs = std::move(state_->outputs);
  STILLAGE_ASSIGN(std::string head, state_->manifest_frame(finished.manifest));
  STILLAGE_ASSIGN(const os::Fd file, create_temp(finished.path));
  const auto write = [&]() -> Status {
    STILLAGE_ASSIGN(finished.size, state_->write_entry(file.get(), std::move(head), finished.path));
    if (durability == os::Durability::flushed && ::fsync(file.get()) != 0)
      return os::io_error("flush", finished.path);
    return {};
  };
  if (Status written = write(); !written) {
    ::unlink(finished.path.c_str());
    return tl::make_unexpected(std::move(written).error());
  }
  return finished;
}

}  // namespace stillage::archive
