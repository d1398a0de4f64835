// SPDX-License-Identifier: MIT
#include "os/checkout_dir.h"

#include <fmt/format.h>
#include <unistd.h>

#include <span>

#include "base/digest.h"
#include "base/hex.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/stat.h"
#include "os/user_dirs.h"
#include "os/witness.h"

namespace stillage::os {
namespace {

constexpr const char* kIdentityFile = "/root";
constexpr const char* kLockFile = "lock";

/// Says which folder the state belongs to; the path is there for people who look.
Result<std::string> identity(const std::string& root) {
  STILLAGE_ASSIGN(const auto stat, stat_path(root, Links::follow));
  if (!stat) return fail(ErrorKind::io, fmt::format("cannot stat {}", root));
  return fmt::format("{}\n{} {}\n", root, stat->device, stat->inode);
}

Status remove_all_but_lock(const std::string& folder) {
  STILLAGE_ASSIGN(const auto entries, list_dir(folder));
  for (const DirEntry& entry : entries)
    if (entry.name != kLockFile) STILLAGE_TRY(remove_tree(folder + "/" + entry.name));
  return {};
}

}  // namespace

Result<std::string> open_checkout_dir(const std::string& root) {
  STILLAGE_ASSIGN(const std::string real_root, real_path(root));
  STILLAGE_ASSIGN(const std::string expected, identity(real_root));
  STILLAGE_ASSIGN(const std::string cache, user_cache_dir());
  const auto digest = base::sha256(real_root);
  const std::string folder = cache + "/checkouts/" + base::to_hex(std::span(digest).first(20));
  STILLAGE_TRY(make_dirs(folder, 0700));
  witness_path(folder);
  if (::access(folder.c_str(), W_OK) != 0) return io_error("write to", folder);
  if (read_file_if_any(folder + kIdentityFile).value_or(std::nullopt) == expected) return folder;

  STILLAGE_ASSIGN(const FileLock lock, FileLock::acquire(folder + "/" + kLockFile));
  if (read_file_if_any(folder + kIdentityFile).value_or(std::nullopt) == expected) return folder;
  STILLAGE_TRY(remove_all_but_lock(folder));
  STILLAGE_TRY(write_file_atomic(folder + kIdentityFile, expected, 0600));
  return folder;
}

}  // namespace stillage::os
