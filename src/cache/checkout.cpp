// SPDX-License-Identifier: MIT
#include "cache/checkout.h"

namespace stillage::cache {

PackageLocks::Guard PackageLocks::lock(const std::string& package_dir) {
  Guard guard;
  if (package_dir.empty()) {
    guard.all_ = std::unique_lock(all_);
    return guard;
  }
  guard.shared_ = std::shared_lock(all_);
  std::mutex* package;
  {
    const std::lock_guard lock(mutex_);
    package = &packages_[package_dir];
  }
  guard.package_ = std::unique_lock(*package);
  return guard;
}

}  // namespace stillage::cache
