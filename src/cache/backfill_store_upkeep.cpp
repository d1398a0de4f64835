// SPDX-License-Identifier: MIT
// The part of BackfillStore that removes: by age, all, and what crashed writers left.
#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "cache/backfill_store.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kDayInMilliseconds = 24LL * 3'600 * 1'000;
constexpr std::int64_t kMinute = 60'000 * kMillisecond;
/// For how long somebody may be reading what was asked to go.
constexpr auto kPatience = std::chrono::milliseconds(1'000);

/// Whether the time of `path` is more than `milliseconds` ago, as lage reckons it; without a limit, anything
/// is. What is gone is not.
bool is_older(const std::string& path, const std::optional<std::int64_t>& milliseconds) {
  auto stat = os::stat_path(path, os::Links::follow).value_or(std::nullopt);
  if (!stat) stat = os::stat_path(path).value_or(std::nullopt);
  if (!stat) return false;
  return !milliseconds || base::now_ns() / kMillisecond - stat->mtime_ns / kMillisecond > *milliseconds;
}

/// The lock of a folder that others may be using for a moment; nothing if they don't stop.
std::optional<os::FileLock> lock_patiently(const std::string& folder, bool& is_busy) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto lock = os::FileLock::try_acquire_folder(folder);
    is_busy = lock && !*lock;
    if (lock && *lock) return std::move(**lock);
    if (!is_busy || std::chrono::steady_clock::now() > until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// Whether nobody is at work any more in a folder with a name of ours.
bool is_abandoned(const std::string& path) {
  const auto stat = os::stat_path(path).value_or(std::nullopt);
  // Between the making of a folder and its lock there is a moment.
  if (!stat || std::max(stat->ctime_ns, stat->mtime_ns) > base::now_ns() - kMinute) return false;
  if (!stat->is_directory()) return true;
  const auto lock = os::FileLock::try_acquire_folder(path);
  if (lock) return lock->has_value();
  return std::max(stat->ctime_ns, stat->mtime_ns) < base::now_ns() - 6 * 60 * kMinute;
}

}  // namespace

Result<std::vector<BackfillStore::Listed>> BackfillStore::list() const {
  const bool is_lage = layout_ == BackfillLayout::lage;
  std::vector<std::string> groups;
  if (!is_lage) {
    groups.push_back(base_);
  } else if (os::is_directory(base_ + "/cache")) {
    STILLAGE_ASSIGN(const auto names, os::list_dir(base_ + "/cache"));
    for (const os::DirEntry& name : names)
      if (name.kind == os::FileKind::directory) groups.push_back(base_ + "/cache/" + name.name);
  }
  std::vector<Listed> listed;
  for (const std::string& group : groups) {
    const auto names = os::list_dir(group);
    if (!names) continue;
    for (const os::DirEntry& name : *names) {
      if (os::is_temp_name(name.name) || !check_hash(name.name) ||
          entry_path(name.name) != group + "/" + name.name)
        continue;
      const auto entry = BackfillEntry::open(group + "/" + name.name);
      if (!entry || !*entry) continue;
      listed.push_back({.hash = name.name,
                        .path = group + "/" + name.name,
                        .files = (*entry)->items().size(),
                        .bytes = (*entry)->bytes(),
                        .changed_ns = (*entry)->changed_ns()});
    }
  }
  return listed;
}

Status BackfillStore::purge(int days) {
  return remove_older(days * kDayInMilliseconds, WhenBusy::leave);
}

Status BackfillStore::clear() {
  return remove_older(std::nullopt, WhenBusy::fail);
}

Status BackfillStore::remove_older(const std::optional<std::int64_t>& milliseconds, WhenBusy busy) {
  const bool is_lage = layout_ == BackfillLayout::lage;
  const std::vector<std::string> folders =
      is_lage ? std::vector<std::string>{base_ + "/cache", base_ + "/logs"} : std::vector<std::string>{base_};
  for (const std::string& folder : folders) {
    if (!os::is_directory(folder)) continue;
    STILLAGE_ASSIGN(const auto names, os::list_dir(folder));
    for (const os::DirEntry& name : names) {
      // Beside plain backfill's entries there are reports on its speed.
      const bool is_kept = os::is_temp_name(name.name) || (!is_lage && name.kind != os::FileKind::directory);
      const std::string path = folder + "/" + name.name;
      if (!is_kept) STILLAGE_TRY(remove_one(path, is_lage ? path : base_, milliseconds, busy));
    }
  }
  remove_leftovers();
  swept_ = false;
  sweep();
  return {};
}

Status BackfillStore::remove_one(const std::string& path, const std::string& group,
                                 const std::optional<std::int64_t>& milliseconds, WhenBusy busy) const {
  if (!is_older(path, milliseconds)) return {};
  bool is_busy = false;
  const auto lock = lock_patiently(group, is_busy);
  if (is_busy && busy == WhenBusy::leave) {
    base::verbose(fmt::format("{} is in use, and is not removed", path));
    return {};
  }
  if (is_busy) return fail(ErrorKind::io, fmt::format("cannot remove {}: another process is using it", path));
  // Somebody may have added to it while we waited.
  if (!is_older(path, milliseconds)) return {};
  STILLAGE_ASSIGN(const std::string workplace, workplace_for(std::string(os::parent_path(path))));
  const std::string aside = workplace + "/" + os::temp_name();
  const Status moved = os::rename_at(AT_FDCWD, path, AT_FDCWD, aside);
  if (!moved) {
    const auto still = os::stat_path(path);
    return still && !*still ? Status() : moved;  // another one removed it
  }
  return os::remove_tree(aside);
}

void BackfillStore::sweep() {
  {
    const std::lock_guard guard(mutex_);
    if (std::exchange(swept_, true)) return;
  }
  for (const std::string& folder : {base_, base_ + "/cache"}) {
    const auto names = os::list_dir(folder);
    if (!names) continue;
    for (const os::DirEntry& name : *names) {
      const std::string path = folder + "/" + name.name;
      if (os::is_temp_name(name.name) && is_abandoned(path)) (void)os::remove_tree(path);
    }
  }
}

}  // namespace stillage::cache
