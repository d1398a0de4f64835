// SPDX-License-Identifier: MIT
#pragma once
// A folder pattern cut at its slashes, for walking a tree segment by segment: literal names, "*" wildcards
// and character classes within a name, "**" for any number of folders, and braces, which are expanded
// beforehand.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::workspace {

struct DirPattern {
  std::vector<std::string> segments;
};

/// Whether the segment matches more than its own text.
bool has_wildcard(std::string_view segment);

/// Whether one name matches one segment; "*" and "?" match no leading dot.
bool segment_matches(std::string_view segment, std::string_view name);

/// Whether a whole relative path matches.
bool matches(const DirPattern& pattern, std::string_view dir);

/// The patterns that `text` stands for; nothing if it leads out of the root or expands beyond all bounds.
std::optional<std::vector<DirPattern>> compile_dir_pattern(std::string_view text);

}  // namespace stillage::workspace
