// SPDX-License-Identifier: MIT
#pragma once
// An ordered list of globs in which '!' takes away: a path is in if the last glob that speaks of it lets it
// in. Const calls are safe from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "glob/pattern.h"
#include "stillage/result.h"

namespace stillage::glob {

/// What a list selects that holds negations and nothing else.
enum class OnlyNegated {
  everything,  ///< all that they don't take away (micromatch)
  nothing,     ///< (native)
};

class PatternList {
 public:
  /// With micromatch's semantics, in which an entry !(...) counts as a negation of what it does not match.
  static Result<PatternList> compile(const std::vector<std::string>& patterns, MatchOptions options = {},
                                     OnlyNegated only_negated = OnlyNegated::nothing);

  bool matches(std::string_view path) const;
  bool empty() const { return entries_.empty(); }

  /// False only if no path below the folder `dir` ("" for the root) can match; for walks.
  bool may_match_below(std::string_view dir) const;

  /// Whether an entry that lets in has a segment that is exactly `name`.
  bool names(std::string_view name) const;

 private:
  friend Result<PatternList> compile_native(const std::vector<std::string>& patterns);

  struct Entry {
    Pattern pattern;
    bool takes_away = false;
    bool inverted = false;  ///< speaks of the paths that the pattern does not match
  };

  std::vector<Entry> entries_;
  bool starts_in_ = false;  ///< whether a path that no entry speaks of is in
};

/// The native flavour, for `inputs` and `outputs` of a config. It differs from compile() thus: an entry
/// without magic (`lib`, `./lib`, `lib/`) is the file and all beneath the folder of that name, "." is
/// everything, and a glob that ends in '/' is all beneath; [!a] means "not a"; names may hold line ends; an
/// entry !(...) lets in like any other; negations alone select nothing. An entry that is absolute or leaves
/// its folder is an error.
Result<PatternList> compile_native(const std::vector<std::string>& patterns);

}  // namespace stillage::glob
