// SPDX-License-Identifier: MIT
#include "glob/short_globs.h"

#include <algorithm>

#include "glob/regex_pieces.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

std::optional<std::u16string> common_form(std::u16string_view glob, Dialect dialect) {
  const std::u16string first = not_ahead(dialect.dot ? kNextDotsSegment : kDotLiteral);
  const std::u16string later = not_ahead(dialect.dot ? kDotsSegment : kDotLiteral);
  const std::u16string folders =
      concat(concat(u"(?:", first), globstar(dialect.dot), concat(kSlashLiteral, u")?"));
  const std::u16string dot_name = concat(kDotLiteral, kSomeUnit, kStar);
  if (glob == u"*") return concat(first, kSomeUnit, kStar);
  if (glob == u".*") return dot_name;
  if (glob == u"*.*") return concat(first, kStar, dot_name);
  if (glob == u"*/*") return concat(concat(first, kStar, kSlashLiteral), kSomeUnit, concat(later, kStar));
  if (glob == u"**") return concat(first, globstar(dialect.dot));
  if (glob == u"**/*") return concat(folders, later, concat(kSomeUnit, kStar));
  if (glob == u"**/*.*") return concat(folders, concat(later, kStar), dot_name);
  if (glob == u"**/.*") return concat(folders, dot_name);
  return std::nullopt;
}

}  // namespace

std::optional<std::u16string> translate_common(std::u16string_view glob, Dialect dialect) {
  // Each ".ext" at the end comes off the glob and goes behind the expression of the rest.
  std::u16string extensions;
  while (true) {
    if (auto form = common_form(glob, dialect)) return *form + extensions + concat(kSlashLiteral, u"?");
    const std::size_t dot = glob.rfind('.');
    if (dot == std::u16string_view::npos || dot + 1 == glob.size()) return std::nullopt;
    const std::u16string_view extension = glob.substr(dot + 1);
    const std::u16string_view rest = glob.substr(0, dot);
    if (!std::all_of(extension.begin(), extension.end(), is_word)) return std::nullopt;
    if (std::any_of(rest.begin(), rest.end(), is_line_end)) return std::nullopt;
    extensions = concat(kDotLiteral, extension, extensions);
    glob = rest;
  }
}

std::optional<std::u16string> translate_flat(std::u16string_view glob, Dialect dialect) {
  if (!glob.empty() && (glob.front() == '*' || glob.front() == '!')) return std::nullopt;
  if (glob.find_first_of(u"/()[]{}\"") != std::u16string_view::npos) return std::nullopt;
  std::u16string out;
  bool has_backslashes = false;
  const auto repeat = [&](std::u16string_view piece, std::size_t times) {
    while (times-- > 0) out += piece;
  };
  // Every run of one character that is no letter, digit or underscore is taken with the backslash before it.
  for (std::size_t at = 0; at < glob.size();) {
    if (is_word(glob[at])) {
      out += glob[at++];
      continue;
    }
    const std::size_t start = at;
    const bool escaped = glob[at] == '\\' && at + 1 < glob.size() && !is_word(glob[at + 1]);
    if (escaped) ++at;
    const char16_t unit = glob[at];
    std::size_t run = 0;
    for (; at < glob.size() && glob[at] == unit; ++at) ++run;
    const std::u16string_view all = glob.substr(start, at - start);
    if (unit == '\\') {
      has_backslashes = true;
      out += all;
    } else if (unit == '?') {
      if (escaped) {
        out += u"\\?";
        repeat(kNotSlash, run - 1);
      } else {
        const bool first = start == 0 && !dialect.dot;
        if (first) out += kNeitherSlashNorDot;
        repeat(kNotSlash, first ? run - 1 : run);
      }
    } else if (unit == '.') {
      repeat(kDotLiteral, run);
    } else if (unit == '*') {
      if (escaped) out += u"\\*";
      if (!escaped || run > 1) out += kStar;
    } else {
      if (!escaped) out += u'\\';
      out += all;
    }
  }
  if (has_backslashes) {
    std::u16string collapsed;
    for (std::size_t at = 0; at < out.size();) {
      std::size_t run = 0;
      while (at + run < out.size() && out[at + run] == '\\') ++run;
      if (run == 0) {
        collapsed += out[at++];
        continue;
      }
      collapsed += run % 2 == 0 ? u"\\\\" : u"\\";
      at += run;
    }
    out = std::move(collapsed);
  }
  return concat(u"^(?:", out, u")$");
}

}  // namespace stillage::glob
