// SPDX-License-Identifier: MIT
#pragma once
// The pieces of regular expression that globs are translated to. The automaton knows the look-aheads among
// them by their text and tests them in place.

#include <string>
#include <string_view>

namespace stillage::glob {

inline constexpr std::u16string_view kDotLiteral = u"\\.";
inline constexpr std::u16string_view kSlashLiteral = u"\\/";
inline constexpr std::u16string_view kNotSlash = u"[^/]";
inline constexpr std::u16string_view kNeitherSlashNorDot = u"[^.\\/]";
inline constexpr std::u16string_view kStar = u"[^/]*?";
inline constexpr std::u16string_view kSomeUnit = u"(?=.)";

// What look-aheads look for: a whole segment "." or ".." here, or here after a slash, and so on.
inline constexpr std::u16string_view kDotsSegment = u"\\.{1,2}(?:\\/|$)";
inline constexpr std::u16string_view kNextDotsSegment = u"(?:^|\\/)\\.{1,2}(?:\\/|$)";
inline constexpr std::u16string_view kDotOrNothing = u"\\.{0,1}(?:\\/|$)";
inline constexpr std::u16string_view kNextDot = u"(?:^|\\/)\\.";

inline std::u16string concat(std::u16string_view a, std::u16string_view b, std::u16string_view c = {}) {
  std::u16string all;
  all.reserve(a.size() + b.size() + c.size());
  all += a;
  all += b;
  all += c;
  return all;
}

inline std::u16string not_ahead(std::u16string_view what) {
  return concat(u"(?!", what, u")");
}

/// `**`: anything without a segment that begins with a dot (or, with `dot`, that is "." or "..").
inline std::u16string globstar(bool dot) {
  return concat(u"(?:(?:", not_ahead(dot ? kNextDotsSegment : kNextDot), u".)*?)");
}

/// `text` with a backslash before what is special in a regular expression.
inline std::u16string escape_regex(std::u16string_view text) {
  std::u16string escaped;
  for (const char16_t unit : text) {
    if (std::u16string_view(u"-*+?.^${}(|)[]").find(unit) != std::u16string_view::npos) escaped += u'\\';
    escaped += unit;
  }
  return escaped;
}

}  // namespace stillage::glob
