// SPDX-License-Identifier: MIT
#pragma once
// The lock file as lage reads it, oddities included: a flat map from "name@range" (yarn) or "name@version"
// (npm, pnpm) to one version and the dependencies that lage follows. Only for keys that must equal lage's;
// what a package really gets is LockFile's business.

#include <string>
#include <string_view>
#include <vector>

#include "workspace/workspace.h"

namespace stillage::workspace {

struct CompatEntry {
  std::string version;  ///< as JavaScript prints it
  std::vector<DependencyRange> dependencies = {};
};

class CompatLock {
 public:
  /// Looks from `root` upwards: the first folder with yarn.lock (also rush's); if there is none up to the
  /// top, the same for pnpm-lock.yaml, then for package-lock.json. No lock file at all is an error, as in
  /// lage.
  static Result<CompatLock> find(const std::string& root);

  /// `file_name` decides how `text` is read; errors name it.
  static Result<CompatLock> parse(std::string_view file_name, std::string_view text);

  /// "name@version" of everything that lage reaches from these dependencies, in its order; what the lock
  /// doesn't list stands as "name@range".
  std::vector<std::string> resolve(const std::vector<DependencyRange>& external) const;

  const base::StringMap<CompatEntry>& entries() const { return entries_; }

 private:
  base::StringMap<CompatEntry> entries_;
};

/// Whether lage takes a dependency's name for one of the workspace's: also names that every JavaScript object
/// has.
bool compat_is_internal(const Workspace& workspace, std::string_view name);
bool is_object_member(std::string_view name);

}  // namespace stillage::workspace
