// SPDX-License-Identifier: MIT
#pragma once
// The syntax tree of a regular expression as JavaScript reads it without flags (web-compatible grammar
// included: lone braces and brackets, octal and identity escapes). Globs are defined by such expressions.
// Groups capture nothing, and laziness is dropped: only whether a text matches matters here.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "glob/unit_set.h"
#include "stillage/result.h"

namespace stillage::glob {

enum class NodeKind {
  sequence,     ///< all children, one after the other; none: the empty text
  choice,       ///< one of the children
  unit,         ///< the code unit `unit`
  set,          ///< a code unit of `set`
  repeat,       ///< the only child, `min` to `max` times
  begin,        ///< ^
  end,          ///< $
  word_edge,    ///< \b, or \B if `negative`
  look_ahead,   ///< (?=child) or, if `negative`, (?!child)
  look_behind,  ///< (?<=child) or, if `negative`, (?<!child)
};

inline constexpr unsigned kNoLimit = ~0U;

struct Node {
  NodeKind kind = NodeKind::sequence;
  bool negative = false;
  char16_t unit = 0;
  unsigned min = 0;
  unsigned max = 0;
  std::shared_ptr<const UnitSet> set;
  std::vector<std::unique_ptr<Node>> children;
  std::u16string source;  ///< the text of a look-around's child, which identifies it
};

/// How `.` treats line terminators.
enum class Dot { not_line_ends, anything };

/// The tree of `source`; nothing if JavaScript would refuse it. An error for what we refuse though JavaScript
/// does not: back-references, and nesting beyond 1000 groups.
Result<std::unique_ptr<Node>> parse_regex(std::u16string_view source, Dot dot);

/// Whether JavaScript accepts `source`.
bool is_valid_regex(std::u16string_view source);

}  // namespace stillage::glob
