// SPDX-License-Identifier: MIT
#include "git/wildcard.h"

#include <algorithm>
#include <array>
#include <optional>

namespace stillage::git {
namespace {

constexpr bool between(unsigned char c, unsigned char low, unsigned char high) {
  return low <= c && c <= high;
}
constexpr bool is_lower(unsigned char c) {
  return between(c, 'a', 'z');
}
constexpr bool is_upper(unsigned char c) {
  return between(c, 'A', 'Z');
}
constexpr bool is_digit(unsigned char c) {
  return between(c, '0', '9');
}
constexpr bool is_alpha(unsigned char c) {
  return is_lower(c) || is_upper(c);
}
constexpr bool is_graph(unsigned char c) {
  return between(c, 0x21, 0x7e);
}

/// The POSIX classes, for ASCII alone. `fold` lets [:upper:] take lower-case letters too.
struct NamedClass {
  std::string_view name;
  bool (*has)(unsigned char c, bool fold);
};
constexpr std::array<NamedClass, 12> kClasses{{
    {"alnum", [](unsigned char c, bool) { return is_alpha(c) || is_digit(c); }},
    {"alpha", [](unsigned char c, bool) { return is_alpha(c); }},
    {"blank", [](unsigned char c, bool) { return c == ' ' || c == '\t'; }},
    {"cntrl", [](unsigned char c, bool) { return c < 0x20 || c == 0x7f; }},
    {"digit", [](unsigned char c, bool) { return is_digit(c); }},
    {"graph", [](unsigned char c, bool) { return is_graph(c); }},
    {"lower", [](unsigned char c, bool) { return is_lower(c); }},
    {"print", [](unsigned char c, bool) { return is_graph(c) || c == ' '; }},
    {"punct", [](unsigned char c, bool) { return is_graph(c) && !is_alpha(c) && !is_digit(c); }},
    {"space", [](unsigned char c, bool) { return c == ' ' || between(c, '\t', '\r'); }},
    {"upper", [](unsigned char c, bool fold) { return is_upper(c) || (fold && is_lower(c)); }},
    {"xdigit", [](unsigned char c, bool) { return is_digit(c) || between(fold_case(c), 'a', 'f'); }},
}};

}  // namespace

bool equal_text(std::string_view a, std::string_view b, LetterCase letter_case) {
  if (letter_case == LetterCase::exact) return a == b;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return fold_case(static_cast<unsigned char>(x)) == fold_case(static_cast<unsigned char>(y));
  });
}

Wildcard::Wildcard(std::string_view pattern, LetterCase letter_case) : letter_case_(letter_case) {
  const bool fold = letter_case == LetterCase::fold;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto c = static_cast<unsigned char>(pattern[at]);
    if (c == '*') {
      const std::size_t start = at;
      while (at < pattern.size() && pattern[at] == '*') ++at;
      const bool opens_segment = start == 0 || pattern[start - 1] == '/';
      const std::string_view after = pattern.substr(at);
      if (at - start < 2 || !opens_segment) {
        tokens_.push_back({.kind = Kind::star});
      } else if (after.empty()) {
        tokens_.push_back({.kind = Kind::rest});
      } else if (after.starts_with('/')) {
        tokens_.push_back({.kind = Kind::any_dirs});
        at += 1;
      } else if (after.starts_with("\\/")) {
        tokens_.push_back({.kind = Kind::some_dirs});
        at += 2;
      } else {
        tokens_.push_back({.kind = Kind::star});
      }
    } else if (c == '?') {
      tokens_.push_back({.kind = Kind::not_slash});
      ++at;
    } else if (c == '[') {
      at = add_class(pattern, at + 1);
    } else if (c == '\\') {
      // An escaped letter is not folded, while the text is: git's oddity under core.ignorecase.
      if (at + 1 == pattern.size())
        tokens_.push_back({.kind = Kind::never});
      else
        tokens_.push_back({.kind = Kind::byte, .byte = static_cast<unsigned char>(pattern[at + 1])});
      at += 2;
    } else {
      tokens_.push_back({.kind = Kind::byte, .byte = fold ? fold_case(c) : c});
      ++at;
    }
  }
}

/// Compiles the class whose '[' lies just before `at`; returns where the pattern goes on.
std::size_t Wildcard::add_class(std::string_view pattern, std::size_t at) {
  const bool fold = letter_case_ == LetterCase::fold;
  const auto malformed = [&] {
    tokens_.push_back({.kind = Kind::never});
    return pattern.size();
  };
  const auto byte_at = [&](std::size_t i) -> std::optional<unsigned char> {
    if (i >= pattern.size()) return std::nullopt;
    return static_cast<unsigned char>(pattern[i]);
  };

  std::bitset<256> members;
  bool negated = false;
  if (const auto c = byte_at(at); c == '!' || c == '^') {
    negated = true;
    ++at;
  }
  unsigned char previous = 0;  // what a range would start from; 0 for nothing
  for (bool first = true;; first = false) {
    const auto c = byte_at(at);
    if (!c) return malformed();
    if (*c == ']' && !first) break;
    if (*c == '\\') {
      const auto escaped = byte_at(at + 1);
      if (!escaped) return malformed();
      members.set(*escaped);
      previous = *escaped;
      at += 2;
    } else if (*c == '-' && previous != 0 && byte_at(at + 1) && *byte_at(at + 1) != ']') {
      auto last = byte_at(++at);
      if (*last == '\\') last = byte_at(++at);
      if (!last) return malformed();
      for (unsigned i = previous; i <= *last; ++i) members.set(i);
      if (fold) {
        for (unsigned char i = 'a'; i <= 'z'; ++i)
          if (between(static_cast<unsigned char>(i - 'a' + 'A'), previous, *last)) members.set(i);
      }
      previous = 0;
      ++at;
    } else if (*c == '[' && byte_at(at + 1) == ':') {
      const std::size_t close = pattern.find(']', at + 2);
      if (close == std::string_view::npos) return malformed();
      if (close == at + 2 || pattern[close - 1] != ':') {
        members.set('[');  // no ":]": an ordinary member
        previous = '[';
        ++at;
        continue;
      }
      const std::string_view name = pattern.substr(at + 2, close - 1 - (at + 2));
      const auto* const named = std::find_if(kClasses.begin(), kClasses.end(),
                                             [&](const NamedClass& known) { return known.name == name; });
      if (named == kClasses.end()) return malformed();
      for (unsigned i = 0; i < 256; ++i)
        if (named->has(static_cast<unsigned char>(i), fold)) members.set(i);
      previous = 0;
      at = close + 1;
    } else {
      members.set(*c);
      previous = *c;
      ++at;
    }
  }
  if (negated) members.flip();
  members.reset('/');
  tokens_.push_back({.kind = Kind::in_set, .set = static_cast<std::uint32_t>(sets_.size())});
  sets_.push_back(members);
  return at + 1;
}

bool Wildcard::matches_one(const Token& token, unsigned char c) const {
  const unsigned char folded = letter_case_ == LetterCase::fold ? fold_case(c) : c;
  switch (token.kind) {
    case Kind::byte:
      return token.byte == folded;
    case Kind::not_slash:
      return c != '/';
    case Kind::in_set:
      return sets_[token.set][folded];
    default:
      return false;
  }
}

bool Wildcard::matches(std::string_view text) const {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  // Where to go on after a mismatch. The last star of a segment and the last `**` suffice: what came before
  // them was matched as early as possible, so that giving it more text cannot help.
  std::size_t after_star = kNone;
  std::size_t star_end = 0;
  std::size_t after_dirs = kNone;
  std::size_t dirs_end = 0;
  while (true) {
    bool go_on = false;
    if (p == tokens_.size()) {
      if (t == text.size()) return true;
    } else if (const Token& token = tokens_[p]; token.kind == Kind::rest) {
      return true;
    } else if (token.kind == Kind::star) {
      after_star = ++p;
      star_end = t;
      go_on = true;
    } else if (token.kind == Kind::any_dirs || token.kind == Kind::some_dirs) {
      after_star = kNone;
      after_dirs = ++p;
      dirs_end = t;
      go_on = token.kind == Kind::any_dirs;
    } else if (t < text.size() && matches_one(token, static_cast<unsigned char>(text[t]))) {
      if (text[t] == '/') after_star = kNone;
      ++p;
      ++t;
      go_on = true;
    }
    if (go_on) continue;

    if (after_star != kNone && star_end < text.size() && text[star_end] != '/') {
      t = ++star_end;
      p = after_star;
    } else if (after_dirs != kNone) {
      const std::size_t slash = text.find('/', dirs_end);
      if (slash == kNone) return false;
      t = dirs_end = slash + 1;
      p = after_dirs;
      after_star = kNone;
    } else {
      return false;
    }
  }
}

}  // namespace stillage::git
