// SPDX-License-Identifier: MIT
#include "blob/directory_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "base/strings.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::blob {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr auto kAbandonedAfter = std::chrono::hours(24);

/// What the folder's side says no with. (What the source or the sink say is `local`.)
Failure folder_failure(std::string message, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return Failure(denied ? FailureKind::unauthorised : FailureKind::transient, std::move(message));
}

tl::unexpected<Failure> folder_failure(std::string_view verb, const std::string& path) {
  const int error = errno;
  return tl::make_unexpected(
      folder_failure(fmt::format("cannot {} {}: {}", verb, path, os::errno_text(error)), error));
}

/// The status of a helper that tells no errno, as the folder's failure.
Outcome<void> of_folder(Status status, int error) {
  if (status) return {};
  return tl::make_unexpected(folder_failure(std::move(status.error().message), error));
}

tl::unexpected<Failure> cancelled(std::string_view what) {
  return net::failure(FailureKind::cancelled, fmt::format("moving {} was cancelled", what));
}

/// Removes a file at the end of its life, unless told that it has another name now.
struct Aside {
  std::string path;
  bool gone = false;
  ~Aside() {
    if (!gone) ::unlink(path.c_str());
  }
};

}  // namespace

DirectoryStore::DirectoryStore(std::string root)
    : root_(std::move(root)), incoming_(os::join_path(root_, ".incoming")) {}

Traits DirectoryStore::traits() const {
  return {.list = true, .remove = true, .overwrite = true, .conditional = true, .metadata = false};
}

std::string DirectoryStore::name() const {
  return "the folder " + base::printable(root_);
}

std::string DirectoryStore::path_of(const std::string& key) const {
  return os::join_path(root_, key);
}

Outcome<void> DirectoryStore::check_root() const {
  if (os::is_directory(root_)) return {};
  if (os::exists(root_)) return net::failure(FailureKind::protocol, fmt::format("{} is no folder", name()));
  return net::failure(
      FailureKind::transient,
      fmt::format("{} is not there; is the drive mounted? A new one must be made by hand", name()));
}

Outcome<void> DirectoryStore::prepare_incoming() {
  if (swept_.exchange(true)) return {};
  errno = 0;
  STILLAGE_TRY(of_folder(os::make_dirs(incoming_), errno));
  const auto entries = os::list_dir(incoming_);
  if (!entries) return {};
  const std::int64_t oldest = base::now_ns() - std::chrono::nanoseconds(kAbandonedAfter).count();
  for (const os::DirEntry& entry : *entries) {
    const std::string path = os::join_path(incoming_, entry.name);
    const auto stat = os::stat_path(path);
    if (stat && *stat && (*stat)->is_regular() && (*stat)->mtime_ns < oldest) ::unlink(path.c_str());
  }
  return {};
}

Outcome<void> DirectoryStore::write_aside(const std::string& aside, ByteSource& source,
                                          const std::stop_token& stop) const {
  const int opened = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (opened < 0) return folder_failure("make", aside);
  os::Fd file(opened);
  STILLAGE_TRY(source.rewind());
  std::string buffer(kPiece, '\0');
  std::uint64_t written = 0;
  while (true) {
    if (stop.stop_requested()) return cancelled("a blob");
    STILLAGE_ASSIGN(const std::size_t got, source.read(buffer));
    if (got == 0) break;
    written += got;
    STILLAGE_TRY(of_folder(os::write_all(file.get(), {buffer.data(), got}, aside), errno));
  }
  if (written != source.size())
    return net::failure(FailureKind::local, fmt::format("the source of a blob has {} bytes instead of {}",
                                                        written, source.size()));
  // Network drives tell of a full disk only here.
  if (::close(file.release()) != 0) return folder_failure("write", aside);
  return {};
}

Outcome<PutOutcome> DirectoryStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                        std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  STILLAGE_TRY(check_root());
  const std::string path = path_of(key);
  if (options.mode == PutMode::if_absent && os::exists(path)) return PutOutcome::already_there;
  STILLAGE_TRY(prepare_incoming());
  Aside aside{os::join_path(incoming_, os::temp_name())};
  STILLAGE_TRY(write_aside(aside.path, source, stop));
  errno = 0;
  STILLAGE_TRY(of_folder(os::make_dirs(std::string(os::parent_path(path))), errno));
  if (options.mode == PutMode::replace) {
    if (::rename(aside.path.c_str(), path.c_str()) != 0) return folder_failure("replace", path);
    aside.gone = true;
    return PutOutcome::stored;
  }
  errno = 0;
  auto renamed = os::rename_new_at(AT_FDCWD, aside.path, AT_FDCWD, path);
  if (!renamed) return tl::make_unexpected(folder_failure(std::move(renamed.error().message), errno));
  aside.gone = *renamed;
  return *renamed ? PutOutcome::stored : PutOutcome::already_there;
}

Outcome<std::optional<BlobInfo>> DirectoryStore::get(const std::string& key, ByteSink& sink,
                                                     std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  const std::string path = path_of(key);
  // Only plain files are blobs: a pipe would be waited for, and a link may lead to anything.
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (opened < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
    STILLAGE_TRY(check_root());
    return std::optional<BlobInfo>();
  }
  if (opened < 0) return folder_failure("open", path);
  const os::Fd file(opened);
  STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(file.get()));
  if (!stat.is_regular()) return std::optional<BlobInfo>();
  STILLAGE_TRY(sink.begin(stat.size));
  std::string buffer(kPiece, '\0');
  std::uint64_t seen = 0;
  while (true) {
    if (stop.stop_requested()) return cancelled(key);
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return folder_failure("read", path);
    if (got == 0) break;
    seen += static_cast<std::uint64_t>(got);
    STILLAGE_TRY(sink.write({buffer.data(), static_cast<std::size_t>(got)}));
  }
  if (seen != stat.size)
    return net::failure(FailureKind::transient,
                        fmt::format("{} ended after {} of {} bytes", path, seen, stat.size));
  return std::optional(BlobInfo{.size = seen, .metadata = {}});
}

Outcome<std::optional<BlobInfo>> DirectoryStore::contains(const std::string& key, std::stop_token) {
  STILLAGE_TRY(check_key(key));
  auto stat = os::stat_path(path_of(key));
  if (!stat) return tl::make_unexpected(folder_failure(std::move(stat.error().message), errno));
  if (!*stat) STILLAGE_TRY(check_root());
  if (!*stat || !(*stat)->is_regular()) return std::optional<BlobInfo>();
  return std::optional(BlobInfo{.size = (*stat)->size, .metadata = {}});
}

Outcome<void> DirectoryStore::remove(const std::string& key, std::stop_token) {
  STILLAGE_TRY(check_key(key));
  const std::string path = path_of(key);
  if (::unlink(path.c_str()) == 0) return {};
  if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR) return folder_failure("remove", path);
  return check_root();
}

Outcome<void> DirectoryStore::list(const std::string& prefix,
                                   const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                   std::stop_token stop) {
  STILLAGE_TRY(check_root());
  // Only the folder that the prefix names can hold such keys.
  const std::string folder(os::parent_path(prefix));
  if (!folder.empty() && !is_valid_key(folder)) return {};
  return list_folder(folder, prefix, visit, stop);
}

Outcome<void> DirectoryStore::list_folder(const std::string& folder, const std::string& prefix,
                                          const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                          const std::stop_token& stop) const {
  const std::string path = os::join_path(root_, folder);
  if (!os::is_directory(path)) return {};
  auto entries = os::list_dir(path);
  if (!entries) return tl::make_unexpected(folder_failure(std::move(entries.error().message), errno));
  for (const os::DirEntry& entry : *entries) {
    if (stop.stop_requested()) return cancelled("a list");
    const std::string key = os::join_path(folder, entry.name);
    if (!is_valid_key(key)) continue;
    const bool is_folder = entry.kind == os::FileKind::directory;
    if (is_folder && !(key + "/").starts_with(prefix)) continue;
    if (is_folder) {
      STILLAGE_TRY(list_folder(key, prefix, visit, stop));
      continue;
    }
    if (!key.starts_with(prefix) || entry.kind != os::FileKind::regular) continue;
    const auto stat = os::stat_path(os::join_path(root_, key));
    if (stat && *stat) STILLAGE_TRY(visit({key, (*stat)->size}));
  }
  return {};
}

}  // namespace stillage::blob
