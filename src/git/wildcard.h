// SPDX-License-Identifier: MIT
#pragma once
// The wildcard patterns of .gitignore and .gitattributes, compiled: `*` and `?` (no slash), `**` between
// slashes, bracket classes with ranges, negation and [:names:], backslash escapes. Answers as git's own
// matcher does, its oddities included, but in time that grows with pattern x text only, whatever the pattern.

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stillage::git {

/// core.ignorecase.
enum class LetterCase { exact, fold };

/// `c` in lower case if it is an ASCII letter; bytes beyond ASCII have no case for git.
constexpr unsigned char fold_case(unsigned char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c - 'A' + 'a') : c;
}

/// Whether two texts are the same, by the given rule.
bool equal_text(std::string_view a, std::string_view b, LetterCase letter_case);

class Wildcard {
 public:
  /// Any text is a pattern; a malformed one (an open bracket, a backslash at its end) matches nothing.
  Wildcard(std::string_view pattern, LetterCase letter_case);

  /// Whether the whole of `text`, a relative path or a part of one, matches.
  bool matches(std::string_view text) const;

 private:
  enum class Kind : std::uint8_t {
    byte,       ///< this byte
    not_slash,  ///< `?`
    in_set,     ///< a bracket class
    star,       ///< any run without a slash
    any_dirs,   ///< `**/`: no folder, or any number of them
    some_dirs,  ///< `**\/`: at least one folder, as git has it
    rest,       ///< `**` at the end
    never,      ///< malformed from here on
  };
  struct Token {
    Kind kind;
    unsigned char byte = 0;
    std::uint32_t set = 0;
  };

  std::size_t add_class(std::string_view pattern, std::size_t at);
  bool matches_one(const Token& token, unsigned char c) const;

  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> sets_;
  LetterCase letter_case_;
};

}  // namespace stillage::git
