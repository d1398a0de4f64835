// SPDX-License-Identifier: MIT
#pragma once
// Which package a file belongs to: the one whose folder is the deepest above it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "workspace/workspace.h"

namespace stillage::hasher {

class PackageLayout {
 public:
  explicit PackageLayout(const workspace::Workspace& workspace);

  /// The folders of packages strictly inside `dir`, less those inside other such folders; sorted.
  std::vector<std::string> nested_in(std::string_view dir) const;
  /// Whether `dir` is the folder of a package.
  bool is_package_dir(std::string_view dir) const;
  /// The folder of the package that `path` belongs to; "" if to none.
  std::string_view owner_of(std::string_view path) const;

 private:
  std::vector<std::string> dirs_;  ///< each with a '/' at its end, so that what is inside of one follows it
};

/// Whether a segment of `path` is `name`.
bool has_segment(std::string_view path, std::string_view name);

}  // namespace stillage::hasher
