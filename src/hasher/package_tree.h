// SPDX-License-Identifier: MIT
#pragma once
// Which package each listed file belongs to, as lage attributes them, and which of a package's files patterns
// select (micromatch, relative to the root, with the package's path before each).

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::hasher {

class PackageTree {
 public:
  using Files = std::vector<std::uint32_t>;

  /// `dirs`: folders of the packages, relative to the root ("" is the root itself). `paths`: of the listed
  /// files. A file belongs to the deepest package on the way down that knows each folder it passes: a folder
  /// on the way to some package, or a package.
  PackageTree(const std::vector<std::string>& dirs, const std::vector<std::string_view>& paths);

  /// The files (their places in `paths`) of the package in `dir` that the patterns select. The answer is
  /// kept, and stays where it is. Errors: patterns that are none.
  Result<const Files*> select(const std::string& dir, const std::vector<std::string>& patterns);

 private:
  std::vector<std::string_view> paths_;
  base::StringMap<Files> by_package_;
  std::map<std::pair<std::string, std::vector<std::string>>, Files> selected_;
};

/// `pattern` as it applies to paths from the root, for a package in `dir` (Node's path.posix.join, then every
/// backslash a slash).
std::string package_pattern(const std::string& dir, const std::string& pattern);

}  // namespace stillage::hasher
