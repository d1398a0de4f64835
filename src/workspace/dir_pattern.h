// SPDX-License-Identifier: MIT
#pragma once
// A folder pattern cut at its slashes, for walking a tree segment by segment: each segment a glob of its own
// or literal text, "**" for any number of folders, and braces expanded beforehand. Names with a leading dot
// match only where a segment has one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glob/pattern.h"

namespace stillage::workspace {

struct DirSegment {
  std::string text;
  bool deep = false;                           ///< "**"
  std::optional<glob::Pattern> wildcard = {};  ///< absent for literal text

  bool is_literal() const { return !deep && !wildcard; }
  /// Whether it matches one name; "**" is for the caller.
  bool matches(std::string_view name) const { return wildcard ? wildcard->matches(name) : text == name; }
};

struct DirPattern {
  std::vector<DirSegment> segments;

  /// Whether a whole relative path matches.
  bool matches(std::string_view dir) const;
};

/// The patterns that `text` stands for; nothing if it leads out of the root, expands beyond all bounds, or is
/// no glob.
std::optional<std::vector<DirPattern>> compile_dir_pattern(std::string_view text);

}  // namespace stillage::workspace
