// SPDX-License-Identifier: MIT
#pragma once
// Which files are made by targets, and thus nobody's inputs: the untracked ones that match the declared
// outputs of any target, and what git ignores below dist, lib, build and out where a target declares nothing.

#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "git/listing.h"
#include "hasher/pattern_cache.h"
#include "os/stat.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::hasher {

class OutputRules {
 public:
  /// Adds a target whose folder is `dir`, relative to the root.
  Status add(const Target& target, const std::string& dir, PatternCache& patterns);

  /// Whether a target above it declares `path` as an output.
  bool is_declared(std::string_view path) const;
  /// is_declared(), or `path` is an output of a target that declares none.
  bool is_output(std::string_view path, const git::Listing& listing, os::FileKind kind) const;

 private:
  struct Rules {
    std::vector<SharedPatterns> declared;
    bool some_undeclared = false;
  };
  /// Calls `ask(rules, rest of the path)` for the folders above `path` until it says true.
  template <class Ask>
  bool any_above(std::string_view path, Ask ask) const;

  base::StringMap<Rules> rules_;  ///< by folder
};

}  // namespace stillage::hasher
