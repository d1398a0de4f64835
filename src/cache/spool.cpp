// SPDX-License-Identifier: MIT
#include "cache/spool.h"

#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

struct Spool {
  std::string folder;
  std::optional<os::FileLock> lock;  ///< shows others that it is in use
  std::shared_ptr<Store> store;

  explicit Spool(std::string path) : folder(std::move(path)) {}
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() {
    store.reset();
    (void)os::remove_tree(folder);
  }
};

void sweep(const std::string& folder) {
  const auto entries = os::list_dir(folder);
  if (!entries) return;
  for (const os::DirEntry& entry : *entries) {
    if (!os::is_temp_name(entry.name)) continue;
    const std::string path = os::join_path(folder, entry.name);
    const auto lock = os::FileLock::try_acquire_folder(path);
    if (lock && *lock) (void)os::remove_tree(path);
  }
}

}  // namespace

Result<std::shared_ptr<Store>> open_spool(const std::string& folder) {
  STILLAGE_TRY(os::make_dirs(folder, 0700));
  // Nobody takes a spool for a dead process's before it is locked.
  STILLAGE_ASSIGN(const auto making, os::FileLock::acquire_folder(folder));
  sweep(folder);
  auto spool = std::make_shared<Spool>(os::join_path(folder, os::temp_name()));
  STILLAGE_TRY(os::make_dirs(spool->folder, 0700));
  STILLAGE_ASSIGN(auto lock, os::FileLock::acquire_folder(spool->folder));
  spool->lock.emplace(std::move(lock));
  STILLAGE_ASSIGN(spool->store, Store::open(spool->folder, std::nullopt));
  Store* const store = spool->store.get();
  return std::shared_ptr<Store>(std::move(spool), store);
}

}  // namespace stillage::cache
