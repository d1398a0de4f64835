// SPDX-License-Identifier: MIT
#include "cache/snapshot_changes.h"

#include <fcntl.h>

#include "os/file.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

/// Beyond this the file begins anew.
constexpr std::uint64_t kMostBytes = 1 << 20;

}  // namespace

Status SnapshotChanges::tell() {
  if (file_.empty()) return {};
  const std::lock_guard lock(mutex_);
  // By its name each time: one that was removed meanwhile is read by nobody.
  const auto append = [this]() -> Status {
    STILLAGE_ASSIGN(const os::Fd file,
                    os::open_path(file_, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600));
    return os::write_all(file.get(), "+", file_);
  };
  const Status appended = append();
  if (appended) {
    ++own_;
    return {};
  }
  // That it is gone is news, too, and needs no room on the disk.
  const Status removed = os::remove_tree(file_);
  return removed ? Status() : appended;
}

std::uint64_t SnapshotChanges::by_others() {
  if (file_.empty()) return kNone;
  const std::lock_guard lock(mutex_);
  const auto stat = os::stat_path(file_).value_or(std::nullopt);
  const State now = stat ? State{stat->inode, stat->size - own_} : State{};
  if (last_ == now) return number_;
  // A file that is cut reads as changed to whoever is looking.
  if (!last_ && stat && stat->size > kMostBytes) (void)os::remove_tree(file_);
  last_ = now;
  return ++number_;
}

}  // namespace stillage::cache
