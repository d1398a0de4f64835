// SPDX-License-Identifier: MIT
#include "os/scratch_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::os {
namespace {

/// Between the making of a folder and its lock there is a moment.
constexpr std::int64_t kMinute = 60'000'000'000;
constexpr std::string_view kPlace = "stillage-scratch";

/// In a folder that all share, ours is one that is this user's alone.
Result<std::string> default_place() {
  const char* const temp = std::getenv("TMPDIR");
  const std::string shared = temp != nullptr && *temp == '/' ? temp : "/tmp";
  const std::string path = shared + "/" + std::string(kPlace) + "-" + std::to_string(::geteuid());
  STILLAGE_ASSIGN(const bool made, make_dir_at(AT_FDCWD, path, 0700));
  STILLAGE_ASSIGN(const auto stat, stat_path(path));
  const bool is_ours =
      made || (stat && stat->is_directory() && stat->uid == ::geteuid() && (stat->permissions() & 077) == 0);
  if (!is_ours) return fail(ErrorKind::io, path + " is not this user's own folder: remove it, or set TMPDIR");
  return path;
}

void sweep(const std::string& place) {
  const auto names = list_dir(place);
  if (!names) return;
  for (const DirEntry& name : *names) {
    if (!is_temp_name(name.name) || name.kind != FileKind::directory) continue;
    const std::string path = place + "/" + name.name;
    const auto stat = stat_path(path).value_or(std::nullopt);
    if (!stat || stat->mtime_ns > base::now_ns() - kMinute) continue;
    const auto lock = FileLock::try_acquire_folder(path);
    if (lock && *lock) (void)remove_tree(path);
  }
}

}  // namespace

Result<ScratchDir> ScratchDir::make(const std::string& place) {
  std::string in = place;
  if (in.empty()) {
    STILLAGE_ASSIGN(in, default_place());
  } else {
    STILLAGE_TRY(make_dirs(in));
  }
  sweep(in);
  const std::string path = in + "/" + temp_name();
  STILLAGE_ASSIGN(const bool made, make_dir_at(AT_FDCWD, path, 0700));
  if (!made) return fail(ErrorKind::io, path + " exists already");
  ScratchDir dir;
  dir.path_ = path;
  auto lock = FileLock::try_acquire_folder(path);
  if (lock) dir.lock_ = std::move(*lock);
  return dir;
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

ScratchDir::~ScratchDir() {
  if (!path_.empty()) (void)remove_tree(path_);
}

}  // namespace stillage::os
