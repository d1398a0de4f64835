// SPDX-License-Identifier: MIT
#include "archive/entry_intake.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "archive/entry_reader.h"
#include "archive/manifest_json.h"
#include "archive/seal_frame.h"
#include "archive/trailer.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::archive {
namespace {

constexpr std::size_t kTail = kTrailer + kSealHeader + kMaxSeal;

Status write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return os::io_error("write", name);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

}  // namespace

EntryIntake::EntryIntake(std::string folder, std::string name, std::uint64_t most, Judge judge)
    : folder_(std::move(folder)), name_(std::move(name)), most_(most), judge_(std::move(judge)) {}

EntryIntake::~EntryIntake() {
  if (!path_.empty()) (void)os::unlink_at(AT_FDCWD, path_);
}

tl::unexpected<Error> EntryIntake::corrupt(std::string_view what) const {
  return fail(ErrorKind::corrupt, fmt::format("{}: {}", name_, what));
}

Status EntryIntake::make_file() {
  std::string path = os::join_path(folder_, os::temp_name());
  STILLAGE_ASSIGN(file_, os::open_path(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  path_ = std::move(path);
  return {};
}

Status EntryIntake::begin(std::optional<std::uint64_t> size) {
  if (size_ != 0 && ::ftruncate(file_.get(), 0) != 0) return os::io_error("cut", path_);
  size_ = 0;
  head_ = {};
  digest_.reset();
  tail_.clear();
  looked_at_manifest_ = false;
  manifest_.reset();
  if (size.value_or(0) > most_)
    return fail(ErrorKind::unsupported,
                fmt::format("{}: {} bytes are more than an entry may have here", name_, *size));
  return {};
}

void EntryIntake::digest_all_but_the_tail(std::string_view bytes) {
  const std::size_t all = tail_.size() + bytes.size();
  std::size_t covered = all - std::min(all, kTail);
  const std::size_t of_tail = std::min(covered, tail_.size());
  digest_.update(std::string_view(tail_).substr(0, of_tail));
  tail_.erase(0, of_tail);
  covered -= of_tail;
  digest_.update(bytes.substr(0, covered));
  tail_ += bytes.substr(covered);
}

Status EntryIntake::write(std::string_view bytes) {
  if (bytes.size() > most_ - size_)
    return fail(ErrorKind::unsupported, fmt::format("{}: more bytes than an entry may have here", name_));
  if (!file_) STILLAGE_TRY(make_file());
  STILLAGE_TRY(write_at(file_.get(), bytes, size_, path_));
  size_ += bytes.size();
  head_.add(bytes);
  if (!head_.is_frame()) return corrupt("is no entry");
  digest_all_but_the_tail(bytes);
  const auto head_end = head_.end();
  if (!looked_at_manifest_ && head_end && size_ >= *head_end + kTrailer) STILLAGE_TRY(judge_manifest(false));
  return {};
}

Status EntryIntake::judge_manifest(bool is_complete) {
  looked_at_manifest_ = true;
  STILLAGE_ASSIGN(os::Fd again, os::open_path(os::path_of_fd(file_.get()), O_RDONLY));
  STILLAGE_ASSIGN(auto reader, EntryReader::open(std::move(again), name_));
  const auto text = reader.manifest_text();
  auto manifest = text ? decode_manifest(*text, name_) : tl::make_unexpected(text.error());
  // How large a manifest may be depends on the size of the whole entry, which is not known yet.
  if (!manifest && manifest.error().kind == ErrorKind::corrupt && !is_complete) return {};
  if (!manifest) return tl::make_unexpected(manifest.error());
  STILLAGE_TRY(judge_(*manifest));
  manifest_digest_ = base::sha256(*text);
  manifest_ = std::move(*manifest);
  return {};
}

Result<TakenEntry> EntryIntake::finish() {
  TakenEntry taken;
  taken.seal = find_seal(tail_);
  const std::size_t after = taken.seal.empty() ? 0 : taken.seal.size() + kSealHeader;
  std::string_view last = std::string_view(tail_).substr(0, tail_.size() - after);
  if (last.size() < kTrailer) return corrupt("too short for an entry");
  digest_.update(last.substr(0, last.size() - kTrailer));
  if (last.substr(last.size() - kTrailer) != make_trailer(digest_.finish()))
    return corrupt("damaged or no entry: the digest at its end does not fit");
  taken.size = size_ - after;
  if (after != 0 && ::ftruncate(file_.get(), static_cast<off_t>(taken.size)) != 0)
    return os::io_error("cut", path_);
  if (!manifest_) STILLAGE_TRY(judge_manifest(true));
  taken.manifest = std::move(*manifest_);
  taken.manifest_digest = manifest_digest_;
  taken.file = std::move(file_);
  taken.path = std::exchange(path_, {});
  return taken;
}

}  // namespace stillage::archive
