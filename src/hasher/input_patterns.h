// SPDX-License-Identifier: MIT
#pragma once
// The `inputs` of a target, or a list of environment files, over paths relative to the root. The last entry
// that matches a path decides; entries may leave the folder that they are written for ("../shared/**"), but
// not the root.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hasher/pattern_cache.h"
#include "stillage/result.h"

namespace stillage::hasher {

class InputPatterns {
 public:
  /// Compiles entries that are relative to `dir`. An `invalid` error names the entry that is absolute or
  /// leaves the root.
  static Result<InputPatterns> compile(const std::vector<std::string>& entries, const std::string& dir,
                                       PatternCache& cache);

  bool matches(std::string_view path) const;
  /// Whether something beneath the folder may match; true if unsure.
  bool may_match_below(std::string_view dir) const;

  /// The folders that hold everything that may match; none lies inside another.
  const std::vector<std::string>& bases() const { return bases_; }
  /// Paths of the positive entries that have no wildcards.
  const std::vector<std::string>& literals() const { return literals_; }

 private:
  /// One entry, or all of them if none leaves the folder.
  struct Piece {
    std::string base;
    bool negated = false;
    SharedPatterns patterns;
  };
  std::vector<Piece> pieces_;
  std::vector<std::string> bases_;
  std::vector<std::string> literals_;
};

/// Whether an entry takes away from what others select: it starts with "!", and not with the "!(" of an
/// extglob.
bool takes_away(std::string_view entry);

/// `inputs` split into what selects in the package itself and what selects in its dependencies ("^").
struct SplitInputs {
  std::vector<std::string> own;
  std::vector<std::string> of_dependencies;
};
SplitInputs split_inputs(const std::vector<std::string>& inputs);

}  // namespace stillage::hasher
