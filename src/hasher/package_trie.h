// SPDX-License-Identifier: MIT
#pragma once
// The folders of packages, and those on the way to them: which of them a path leads through, by the rules of
// lage or of backfill.

#include <string>
#include <string_view>

#include "base/strings.h"

namespace stillage::hasher {

class PackageTrie {
 public:
  /// `dir`: relative to the root; "" is the root itself.
  void add_package(std::string_view dir);

  /// The deepest package on the path's way through known folders, as lage has it; "" where there is none.
  std::string_view package_of(std::string_view path) const;
  /// The deepest known folder on that way, package or not, as backfill has it. A name that every JavaScript
  /// object has counts as known.
  std::string_view folder_of(std::string_view path) const;

 private:
  struct Node {
    base::StringMap<Node> children = {};
    bool is_package = false;
  };
  Node root_;
};

}  // namespace stillage::hasher
