// SPDX-License-Identifier: MIT
#pragma once
// Folders that a task made read-only would keep us from removing and restoring what is in them. Before that,
// those on the way get their owner's permissions back, if they lie in the target's outputs and we own them.

#include <set>
#include <string>
#include <string_view>

#include "cache/package_folder.h"
#include "cache/target_outputs.h"
#include "stillage/result.h"

namespace stillage::cache {

class WritableFolders {
 public:
  WritableFolders(const PackageFolder& folder, const TargetOutputs& outputs)
      : folder_(folder), outputs_(outputs) {}

  /// Makes `path` (relative to the package) and the folders above it writable for us, as far as they exist.
  /// What it may not change stays as it is: then the work itself meets the error.
  void open_up(std::string_view path);
  /// Folders whose permissions were changed.
  const std::set<std::string, std::less<>>& opened() const { return opened_; }

 private:
  const PackageFolder& folder_;
  const TargetOutputs& outputs_;
  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> opened_;
};

}  // namespace stillage::cache
