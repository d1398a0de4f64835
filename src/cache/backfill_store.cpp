// SPDX-License-Identifier: MIT
#include "cache/backfill_store.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

constexpr std::size_t kGroupDigits = 4;
constexpr int kTries = 20;
/// Nobody prints that much; anything larger is no log.
constexpr std::uint64_t kMaxLog = std::uint64_t{512} << 20;

/// The content of a regular file; nothing if there is none.
Result<std::optional<std::string>> read_plain_file(const std::string& path, std::uint64_t max_size) {
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path));
  if (!stat || !stat->is_regular()) return std::optional<std::string>();
  // Not blocking: what was a file a moment ago may be a pipe now.
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  STILLAGE_ASSIGN(std::string text, os::read_all(file.get(), path, max_size));
  return std::optional(std::move(text));
}

Status write_plain_file(const std::string& path, const std::string& text) {
  Status written;
  // The folder may be removed as an old one at any time.
  for (int i = 0; i < kTries; ++i) {
    written = os::make_dirs(std::string(os::parent_path(path)));
    if (written) written = os::write_file_atomic(path, text, 0666);
    if (written) break;
  }
  return written;
}

/// Whether what is locked still has that name.
bool is_still_at(const os::FileLock& lock, const std::string& path) {
  const auto now = os::stat_path(path, os::Links::follow).value_or(std::nullopt);
  const auto locked = os::stat_fd(lock.fd());
  return now && locked && locked->inode == now->inode && locked->device == now->device;
}

enum class Missing { leave, make };

struct Group {
  bool is_there = false;
  std::optional<os::FileLock> lock;  ///< none where folders have no locks
};

/// Locks a group, shared; it stays there for as long as the lock is held.
Result<Group> enter_group(const std::string& group, Missing missing) {
  Status made;
  for (int i = 0; i < kTries; ++i) {
    if (missing == Missing::make) made = os::make_dirs(group);
    auto lock = os::FileLock::acquire_folder(group, os::LockMode::shared);
    if (lock && is_still_at(*lock, group)) return Group{.is_there = true, .lock = std::move(*lock)};
    // It may have been removed, and made anew by another one, at any moment in between.
    if (!lock && missing == Missing::leave && !os::is_directory(group)) return Group{};
  }
  if (!made) return tl::make_unexpected(made.error());
  return Group{.is_there = os::is_directory(group), .lock = std::nullopt};
}

}  // namespace

BackfillStore::BackfillStore(std::string base, BackfillLayout layout)
    : base_(std::move(base)), layout_(layout) {}

std::string BackfillStore::group_path(const std::string& hash) const {
  if (layout_ == BackfillLayout::backfill) return base_;
  return base_ + "/cache/" + hash.substr(0, kGroupDigits);
}

std::string BackfillStore::entry_path(const std::string& hash) const {
  return group_path(hash) + "/" + hash;
}

std::string BackfillStore::log_path(const std::string& hash) const {
  return base_ + "/logs/" + hash.substr(0, kGroupDigits) + "/" + hash + ".log";
}

std::string BackfillStore::skip_marker_path(const std::string& hash) const {
  return group_path(hash) + "/skip-cache/hash";
}

Status BackfillStore::check_hash(const std::string& hash) {
  const bool is_plain = std::all_of(hash.begin(), hash.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  if (is_plain && hash.size() <= 200) return {};
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is no hash: up to 200 letters and digits", base::printable(hash)));
}

Result<std::optional<BackfillStore::Reading>> BackfillStore::read(const std::string& hash) const {
  STILLAGE_ASSIGN(Group group, enter_group(group_path(hash), Missing::leave));
  if (!group.is_there) return std::optional<Reading>();
  STILLAGE_ASSIGN(auto entry, BackfillEntry::open(entry_path(hash)));
  if (!entry) return std::optional<Reading>();
  return std::optional(Reading{.lock = std::move(group.lock), .entry = std::move(*entry)});
}

Result<std::string> BackfillStore::workplace_for(const std::string& near) const {
  // Not among the entries: lage's own pruning looks at whatever it finds there.
  STILLAGE_ASSIGN(const os::Fd base, os::open_path(base_, O_PATH | O_DIRECTORY));
  STILLAGE_ASSIGN(const os::Fd other, os::open_path(near, O_PATH | O_DIRECTORY));
  STILLAGE_ASSIGN(const bool same, os::on_same_mount(base.get(), other.get()));
  return same ? base_ : near;
}

BackfillStore::Stage::~Stage() {
  if (!path_.empty()) (void)os::remove_tree(path_);
}

Result<BackfillStore::Stage> BackfillStore::make_stage() {
  sweep();
  return make_stage_near(layout_ == BackfillLayout::lage ? base_ + "/cache" : base_);
}

Result<BackfillStore::Stage> BackfillStore::make_stage_near(const std::string& near) const {
  STILLAGE_TRY(os::make_dirs(near));
  STILLAGE_ASSIGN(const std::string workplace, workplace_for(near));
  const std::string path = workplace + "/" + os::temp_name();
  STILLAGE_ASSIGN(const bool made, os::make_dir_at(AT_FDCWD, path));
  if (!made) return fail(ErrorKind::io, fmt::format("{} exists already", path));
  Stage stage;
  stage.path_ = path;
  STILLAGE_ASSIGN(stage.folder_, os::open_path(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  auto lock = os::FileLock::try_acquire_folder(path);
  if (lock) stage.lock_ = std::move(*lock);
  return stage;
}

Status BackfillStore::put(const std::string& hash, const std::function<Status(int folder)>& fill) {
  STILLAGE_ASSIGN(Stage stage, make_stage());
  Status done = fill(stage.folder());
  // An entry has no checksum: what is in it must be on the disk before its name is.
  if (done) done = os::flush_file_system(stage.folder());
  if (done) done = publish(stage.path(), hash);
  if (done) stage.path_.clear();
  return done;
}

Status BackfillStore::publish(const std::string& stage, const std::string& hash) {
  const std::string group = group_path(hash);
  const std::string entry = entry_path(hash);
  // Who removes without asking for locks may come in between again and again.
  for (int i = 1; i <= kTries; ++i) {
    STILLAGE_ASSIGN(Group entered, enter_group(group, Missing::make));
    const auto is_new = os::rename_new_at(AT_FDCWD, stage, AT_FDCWD, entry);
    if (!is_new && i == kTries) return tl::make_unexpected(is_new.error());
    if (!is_new) continue;
    if (*is_new) return {};
    STILLAGE_ASSIGN(const bool exchanged, os::exchange_at(AT_FDCWD, stage, AT_FDCWD, entry));
    if (!exchanged) continue;
    entered.lock.reset();
    {
      const std::lock_guard guard(mutex_);
      leftovers_.push_back({stage, group});
    }
    remove_leftovers();
    return {};
  }
  return fail(ErrorKind::io, fmt::format("cannot store {}, which somebody keeps removing", entry));
}

void BackfillStore::remove_leftovers() {
  const std::lock_guard guard(mutex_);
  std::erase_if(leftovers_, [](const Leftover& leftover) {
    // Who comes to read from now on finds the new entry: only those who are at it already count.
    const auto lock = os::FileLock::try_acquire_folder(leftover.group);
    if (lock && !*lock) return false;
    return os::remove_tree(leftover.path).has_value();
  });
}

Result<std::optional<std::string>> BackfillStore::read_log(const std::string& hash) const {
  if (layout_ == BackfillLayout::backfill) return std::optional<std::string>();
  return read_plain_file(log_path(hash), kMaxLog);
}

Status BackfillStore::write_log(const std::string& hash, const std::string& text) const {
  if (layout_ == BackfillLayout::backfill) return {};
  return write_plain_file(log_path(hash), text);
}

Result<std::optional<std::string>> BackfillStore::read_skip_marker(const std::string& hash) const {
  return read_plain_file(skip_marker_path(hash), 4096);
}

Status BackfillStore::write_skip_marker(const std::string& hash) const {
  return write_plain_file(skip_marker_path(hash), hash);
}

}  // namespace stillage::cache
