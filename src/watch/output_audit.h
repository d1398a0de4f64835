// SPDX-License-Identifier: MIT
#pragma once
// Finds out whether a command changes files that its entry would not bring back: what changed in the
// repository while it ran, less the outputs of its package.

#include <string>
#include <vector>

#include "stillage/result.h"
#include "watch/tree_snapshot.h"

namespace stillage::watch {

class OutputAudit {
 public:
  struct Scope {
    /// The package, absolute, and the globs of its outputs, with the semantics of entries in the compat
    /// format.
    std::string package_root;
    std::vector<std::string> output_glob;
    /// Folders, absolute, in which changes do not count: caches and logs.
    std::vector<std::string> ignored_folders;
  };

  /// Looks at the repository as it is now.
  explicit OutputAudit(Scope scope);

  /// The folder that is watched: the nearest one from the package upwards that holds a .git, or the package.
  const std::string& root() const { return root_; }

  /// What changed since, other than outputs. A new folder counts only if neither an output nor an
  /// ignored folder lies in it. Paths are relative to root(). Fails as putting these outputs would.
  Result<std::vector<ChangedPath>> changes_outside() const;

 private:
  Scope scope_;
  std::string root_;
  Ignored ignored_;
  TreeSnapshot before_;
};

}  // namespace stillage::watch
