// SPDX-License-Identifier: MIT
#pragma once
// What the cache has to know of the checkout that it works in: where it is, and what git thinks of a path. An
// interface, because the cache does not read git's files itself. Answers stand for the tree at the start of
// the run; they may be asked from many threads.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "os/stat.h"

namespace stillage::cache {

class WorkTree {
 public:
  virtual ~WorkTree() = default;

  /// The absolute path of the checkout's root, without links.
  virtual const std::string& root() const = 0;
  /// Without git, nothing is tracked, and what counts as ignored has no consequences.
  virtual bool has_git() const = 0;
  /// Whether git's index has the path (relative to the root).
  virtual bool is_tracked(std::string_view path) const = 0;
  /// All paths in git's index (relative to the root) that are `path` or lie beneath it.
  virtual std::vector<std::string> tracked_at(std::string_view path) const = 0;
  /// Whether git would leave the path alone as ignored, itself or because of a folder above it. Also of paths
  /// that do not exist (yet).
  virtual bool is_ignored(std::string_view path, os::FileKind kind) const = 0;

  /// Called with each name in a folder.
  using TakeName = std::function<void(std::string_view name, os::FileKind kind)>;
  /// The names in the folder at `path` (relative to the root), if they are known without listing it, `stat`
  /// being its record now. Returns whether they are.
  virtual bool names_in(std::string_view path, const os::FileStat& stat, const TakeName& take) const {
    (void)path, (void)stat, (void)take;
    return false;
  }
};

}  // namespace stillage::cache
