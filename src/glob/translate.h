// SPDX-License-Identifier: MIT
#pragma once
// A glob as the regular expression that picomatch 2.3.2 makes of it, character for character: that expression
// is the only complete definition of what such a glob means, odd corners included, and people's cache keys
// depend on it. Matching it is the business of automaton.h.

#include <string>
#include <string_view>

#include "stillage/result.h"

namespace stillage::glob {

/// Longest glob in UTF-16 units, as in picomatch.
inline constexpr std::size_t kMaxGlobLength = 64 * 1024;
/// How deep groups may nest. picomatch has no limit of its own; this one keeps our work linear.
inline constexpr int kMaxGlobDepth = 200;

/// The options of picomatch that anybody sets.
struct Dialect {
  bool dot = true;              ///< wildcards match names that begin with a dot
  bool posix_negation = false;  ///< [!a] means [^a] (picomatch's `posix: true`, as fast-glob sets it)
};

struct Translation {
  std::u16string source;         ///< anchored expression over the whole path
  bool negated = false;          ///< began with an odd number of '!': `source` already matches the opposite
  bool negated_extglob = false;  ///< is one !(...) from its start on; lists take it for a negation
};

/// Translates a glob that is not empty. Errors: too long, nested too deeply, or a text that picomatch
/// itself can't take.
Result<Translation> translate(std::u16string_view glob, Dialect dialect);

}  // namespace stillage::glob
