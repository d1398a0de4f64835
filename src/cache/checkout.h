// SPDX-License-Identifier: MIT
#pragma once
// All that operations on one checkout share: its root, what git thinks, the targets, what we remember of them
// from earlier runs and from this one, and the locks that keep threads out of each other's packages.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "cache/catalog.h"
#include "cache/early_looks.h"
#include "cache/owners.h"
#include "cache/package_folder.h"
#include "cache/run_memory.h"
#include "cache/snapshots.h"
#include "cache/work_tree.h"
#include "os/fd.h"
#include "os/stat.h"
#include "stillage/cache_provider.h"

namespace stillage::cache {

/// Keeps the outputs of one package to one thread; those of the root's targets lie anywhere.
class PackageLocks {
 public:
  class Guard {
    friend class PackageLocks;
    std::shared_lock<std::shared_mutex> shared_;
    std::unique_lock<std::shared_mutex> all_;
    std::unique_lock<std::mutex> package_;
  };
  Guard lock(const std::string& package_dir);

 private:
  std::shared_mutex all_;
  std::mutex mutex_;
  std::map<std::string, std::mutex> packages_;
};

struct Checkout {
  const WorkTree& tree;
  os::Fd root_fd;
  Catalog catalog;
  Snapshots snapshots;
  RunMemory memory;
  PackageLocks locks;
  EarlyLooks early_looks{*this};
  /// No name in a folder comes or goes without changing the folder's times.
  bool stamps_folders = os::stamps_folders(root_fd.get());
  /// Files of later times than this changed since this process began to look at the checkout.
  std::int64_t opened_ns = 0;

  const std::string& root() const { return tree.root(); }
  Owners owners_for(const std::string& target) { return {target, snapshots, catalog, memory}; }
  UnrecordedRuns unrecorded_runs_near(const Target& target, const TargetOutputs& outputs) const;
  Result<PackageFolder> open_package(const std::string& package_dir) {
    return PackageFolder::open(root_fd.get(), root(), package_dir);
  }
};

}  // namespace stillage::cache
