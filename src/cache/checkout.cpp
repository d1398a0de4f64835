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

UnrecordedRuns Checkout::unrecorded_runs_near(const Target& target, const TargetOutputs& outputs) const {
  UnrecordedRuns runs;
  runs.uncached = catalog.uncached_outputs_near(target.id, outputs);
  for (const std::size_t index : catalog.all_dependencies(target)) {
    const Target& other = catalog.targets()[index];
    if (memory.knows_outputs_of(other.id)) continue;
    const auto others = catalog.outputs_of(other);
    if (others && may_overlap(**others, outputs)) runs.since_ns = opened_ns;
  }
  return runs;
}

}  // namespace stillage::cache
