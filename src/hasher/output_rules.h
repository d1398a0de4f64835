// SPDX-License-Identifier: MIT
#pragma once
// Which files are made by targets, and thus nobody's inputs: of the untracked files of a package those that
// match the declared outputs of any target in it, and what git ignores below dist, lib, build and out where a
// target declares nothing.

#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "git/listing.h"
#include "hasher/package_layout.h"
#include "hasher/pattern_cache.h"
#include "os/stat.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::hasher {

class OutputRules {
 public:
  explicit OutputRules(const PackageLayout& layout) : layout_(layout) {}

  /// Adds a target whose folder is `dir`, relative to the root.
  Status add(const Target& target, const std::string& dir, PatternCache& patterns);

  /// Whether a target of the package that `path` belongs to declares it as an output.
  bool is_declared(std::string_view path) const;
  /// is_declared(), or `path` is an output of a target that declares none.
  bool is_output(std::string_view path, const git::Listing& listing, os::FileKind kind) const;

 private:
  struct Rules {
    std::vector<SharedPatterns> declared;
    bool some_undeclared = false;
  };
  /// Calls `ask(rules, rest of the path)` for the folders above `path`, up to its package's, until it says
  /// true.
  template <class Ask>
  bool any_above(std::string_view path, Ask ask) const;

  const PackageLayout& layout_;
  base::StringMap<Rules> rules_;  ///< by folder
};

}  // namespace stillage::hasher
