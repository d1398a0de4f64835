// SPDX-License-Identifier: MIT
#include "cache/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/log.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

constexpr std::int64_t kReadTimeGrainNs = 3'600'000'000'000;
constexpr std::size_t kMaxQuarantined = 10;
constexpr std::uint64_t kMaxDefaultCap = 50ULL << 30;
/// Entries that are kept open for later; more are opened again by name when they are needed.
constexpr int kMaxSlots = 256;

std::string digest_text(std::string_view text, std::size_t bytes) {
  const auto digest = base::sha256(text);
  return base::to_hex(std::span(digest).first(bytes));
}

bool is_plain_key(std::string_view key) {
  return key.size() >= 16 && key.size() <= 128 &&
         key.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status refuse_foreign(const std::string& folder) {
  STILLAGE_ASSIGN(const auto stat, os::stat_path(folder, os::Links::follow));
  if (!stat || !stat->is_directory()) return fail(ErrorKind::io, fmt::format("{} is not a folder", folder));
  if (!os::is_own_uid(stat->uid))
    return fail(ErrorKind::auth,
                fmt::format("the cache folder {} belongs to another user: choose another one with "
                            "internalCacheFolder",
                            folder));
  if ((stat->mode & 0002) != 0)
    return fail(ErrorKind::auth,
                fmt::format("everybody may write to the cache folder {}: take that right away "
                            "(chmod o-w), or choose another one with internalCacheFolder",
                            folder));
  return {};
}

std::uint64_t default_cap(const std::string& folder) {
  struct statvfs disk;
  if (::statvfs(folder.c_str(), &disk) != 0) return kMaxDefaultCap;
  return std::min<std::uint64_t>(kMaxDefaultCap, disk.f_blocks * disk.f_frsize / 10);
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

EntryMark mark_of(const struct stat& st) {
  return {.inode = st.st_ino,
          .size = static_cast<std::uint64_t>(st.st_size),
          .mtime_ns = nanoseconds(st.st_mtim)};
}

}  // namespace

std::string key_name(std::string_view key) {
  return is_plain_key(key) ? std::string(key) : digest_text(key, 32);
}

std::string entry_name(std::string_view key, std::string_view target, std::string_view bound_to,
                       std::string_view origin) {
  std::string name = key_name(key);
  name += "-" + digest_text(target, 8);
  if (!bound_to.empty()) name += "-" + digest_text(bound_to, 8);
  if (!origin.empty()) name.append("-").append(origin);
  return name;
}

Store::Store(std::string folder, std::uint64_t cap, bool read_only)
    : folder_(std::move(folder)),
      entries_(folder_ + "/v1"),
      temp_(folder_ + "/tmp"),
      cap_(cap),
      read_only_(read_only),
      free_slots_(static_cast<int>(std::min<std::size_t>(kMaxSlots, os::open_file_limit() / 4))) {}

Result<std::shared_ptr<Store>> Store::open(const std::string& folder, std::optional<std::uint64_t> cap) {
  const Status made = [&]() -> Status {
    STILLAGE_TRY(os::make_dirs(std::string(os::parent_path(folder))));
    STILLAGE_TRY(os::make_dirs(folder, 0700));
    STILLAGE_TRY(refuse_foreign(folder));
    STILLAGE_TRY(os::make_dirs(folder + "/v1", 0700));
    STILLAGE_TRY(os::make_dirs(folder + "/tmp", 0700));
    return os::make_dirs(folder + "/quarantine", 0700);
  }();
  if (!made && (made.error().kind == ErrorKind::auth || !os::is_directory(folder)))
    return tl::make_unexpected(made.error());
  const bool read_only = !made || ::access((folder + "/v1").c_str(), W_OK) != 0 ||
                         ::access((folder + "/tmp").c_str(), W_OK) != 0;
  if (!made) STILLAGE_TRY(refuse_foreign(folder));
  STILLAGE_ASSIGN(std::string real, os::real_path(folder));
  const std::uint64_t bytes = cap ? *cap : default_cap(real);
  return std::shared_ptr<Store>(new Store(std::move(real), bytes, read_only));
}

std::string Store::path_of(const std::string& name) const {
  return entries_ + "/" + name.substr(0, 2) + "/" + name;
}

Result<std::optional<Store::Opened>> Store::open_entry(const std::string& name) {
  Opened opened;
  opened.name = name;
  opened.path = path_of(name);
  const int fd = ::open(opened.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<Opened>();
  if (fd < 0) return os::io_error("open", opened.path);
  opened.file = os::Fd(fd);
  struct stat st;
  if (::fstat(fd, &st) != 0) return os::io_error("stat", opened.path);
  if (!S_ISREG(st.st_mode)) return std::optional<Opened>();
  opened.mark = mark_of(st);
  if (wants_stamp(st)) (void)os::touch_access_time(fd);
  return std::optional(std::move(opened));
}

Result<std::optional<EntryMark>> Store::find_entry(const std::string& name) {
  const std::string path = path_of(name);
  struct stat st;
  if (::lstat(path.c_str(), &st) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<EntryMark>();
    return os::io_error("stat", path);
  }
  if (!S_ISREG(st.st_mode)) return std::optional<EntryMark>();
  if (!wants_stamp(st)) return std::optional(mark_of(st));
  STILLAGE_ASSIGN(const auto opened, open_entry(name));
  return opened ? std::optional(opened->mark) : std::nullopt;
}

/// The stamp is the time of last access: it tells who goes first when space is short, and nothing else.
bool Store::wants_stamp(const struct stat& st) const {
  return !read_only_ && base::now_ns() - nanoseconds(st.st_atim) > kReadTimeGrainNs;
}

std::unique_ptr<Store::Slot> Store::take_slot() {
  if (free_slots_.fetch_sub(1) > 0) return std::make_unique<Slot>(free_slots_);
  free_slots_.fetch_add(1);
  return nullptr;
}

Result<bool> Store::install(const std::string& path, const std::string& name) {
  const std::string place = path_of(name);
  const auto stat = os::stat_path(path).value_or(std::nullopt);
  auto moved = os::rename_new_at(AT_FDCWD, path, AT_FDCWD, place);
  if (!moved) {
    STILLAGE_TRY(os::make_dirs(std::string(os::parent_path(place)), 0700));
    moved = os::rename_new_at(AT_FDCWD, path, AT_FDCWD, place);
  }
  if (moved && *moved && stat) stored_bytes_ += stat->size;
  return moved;
}

void Store::quarantine(const std::string& name, const EntryMark& mark, std::string_view reason) {
  base::warn_once(
      "damaged entry " + name,
      fmt::format("entry {} of the local cache is damaged: it was put aside, and counts as a miss",
                  name.substr(0, 12)));
  base::verbose(reason);
  if (read_only_) return;
  // Names are only ever taken away under this lock: the one that is checked is the one that is moved.
  const auto lock = os::FileLock::acquire(folder_ + "/lock");
  if (!lock) return;
  const std::string path = path_of(name);
  const auto now = os::stat_path(path).value_or(std::nullopt);
  if (!now || now->inode != mark.inode) return;
  const std::string folder = folder_ + "/quarantine";
  const std::string aside = fmt::format("{}/{:020}-{}", folder, base::now_ns(), name);
  if (!os::rename_at(AT_FDCWD, path, AT_FDCWD, aside)) (void)os::unlink_at(AT_FDCWD, path);
  auto kept = os::list_dir(folder);
  if (!kept || kept->size() <= kMaxQuarantined) return;
  std::sort(kept->begin(), kept->end(), [](const auto& a, const auto& b) { return a.name > b.name; });
  for (std::size_t i = kMaxQuarantined; i < kept->size(); ++i)
    (void)os::remove_tree(folder + "/" + (*kept)[i].name);
}

bool Store::is_verified(const std::string& name, const EntryMark& mark) {
  const std::lock_guard lock(mutex_);
  const auto found = verified_.find(name);
  return found != verified_.end() && found->second == mark;
}

void Store::set_verified(const std::string& name, const EntryMark& mark) {
  const std::lock_guard lock(mutex_);
  verified_.insert_or_assign(name, mark);
}

}  // namespace stillage::cache
