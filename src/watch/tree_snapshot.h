// SPDX-License-Identifier: MIT
#pragma once
// What a tree looked like at a moment, by stat records alone, and what changed since: nothing is read, and
// nothing runs in between.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "os/stat.h"

namespace stillage::watch {

enum class Change { add, add_dir, change, unlink, unlink_dir };

/// "add", "addDir", "change", "unlink", "unlinkDir".
const char* to_string(Change change);

struct ChangedPath {
  std::string path;  ///< relative to the root of the tree
  Change change = Change::change;
  friend bool operator==(const ChangedPath&, const ChangedPath&) = default;
};

/// Parts of a tree that are not looked at.
struct Ignored {
  std::vector<std::string> names;    ///< whatever is called so, anywhere
  std::vector<std::string> folders;  ///< absolute, each with all beneath it
};

class TreeSnapshot {
 public:
  /// The tree at the absolute folder `root`. Links are not followed; folders that can't be read, and what
  /// goes away while it is looked at, count as absent.
  static TreeSnapshot take(const std::string& root, const Ignored& ignored);

  /// How the later snapshot differs from this one, in byte order of the paths. A file that was replaced by a
  /// folder is gone and added.
  std::vector<ChangedPath> changes_until(const TreeSnapshot& later) const;

 private:
  std::map<std::string, os::FileStat, std::less<>> entries_;
};

}  // namespace stillage::watch
