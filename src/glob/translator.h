// SPDX-License-Identifier: MIT
#pragma once
// The state of one translation: tokens, the expression so far, and what is open. Internal to translate.h.
// Tokens can be changed long after they were written (a `*` becomes a `**`, a group becomes plain text); the
// expression is then put together again from all tokens at the end. That this loses text in a few cases is
// picomatch's behaviour, and ours.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glob/translate.h"

namespace stillage::glob {

class Translator {
 public:
  Translator(std::u16string_view glob, Dialect dialect);

  /// The unanchored expression. To be called once.
  Result<std::u16string> run();
  bool negated() const { return negated_; }
  bool negated_extglob() const { return negated_extglob_; }

 private:
  enum class Type {
    start,
    text,
    paren,
    bracket,
    brace,
    comma,
    slash,
    dot,
    dots,
    mark,
    plus,
    at,
    star,
    globstar,
    negation
  };

  struct Token {
    Type type = Type::text;
    std::u16string value;
    std::optional<std::u16string> output;  ///< the expression, if it is not the value itself
    bool extglob = false;
    bool posix = false;      ///< a bracket with a named class in it
    bool stars = false;      ///< three stars or more
    bool has_comma = false;  ///< of an open brace
    bool has_range = false;  ///< of an open brace
    Token* previous = nullptr;
    std::size_t output_length = 0;  ///< of an open brace: length of the expression before it
    std::size_t place = 0;          ///< of an open brace: its index among the tokens

    const std::u16string& text() const { return output ? *output : value; }
  };

  struct ExtGlob {
    Type type = Type::text;
    char16_t sign = 0;
    std::u16string close;
    std::u16string inner;
    Token* previous = nullptr;
    int parens = 0;
    std::size_t output_length = 0;
    std::ptrdiff_t start = 0;
    std::size_t place = 0;
  };

  enum class Open { brackets, braces, parens };

  bool at_end() const { return index_ == size_ - 1; }
  /// The unit `ahead` places behind the current one, or -1.
  std::int32_t peek(std::ptrdiff_t ahead = 1) const {
    const std::ptrdiff_t i = index_ + ahead;
    return i >= 0 && i < size_ ? static_cast<std::int32_t>(glob_[static_cast<std::size_t>(i)]) : -1;
  }
  std::u16string next();
  std::u16string_view rest() const;
  bool only_closings_follow() const;

  void open(Open what);
  void close(Open what);
  void push(Token token);
  void push(Type type, std::u16string value, std::optional<std::u16string> output = std::nullopt);
  void drop_output(std::size_t units);

  Status step();
  bool take_escape(std::u16string& value);
  void take_in_bracket(std::u16string value);
  void take_open_bracket();
  void take_close_bracket();
  void open_extglob(Type type, char16_t sign);
  Status close_extglob(ExtGlob group);
  Status take_close_paren();
  void take_open_brace();
  void take_close_brace();
  std::u16string range_output();
  void take_comma();
  void take_slash();
  void take_dot();
  void take_mark();
  void take_plus();
  void take_text(std::u16string value);
  void take_star();
  void take_globstar();
  void take_negations();
  void escape_last(char16_t unit);

  std::u16string_view glob_;
  Dialect dialect_;
  std::ptrdiff_t size_ = 0;
  std::ptrdiff_t index_ = -1;
  std::ptrdiff_t start_ = 0;
  std::size_t last_bracket_close_ = 0;  ///< one behind the last ']' of the glob
  std::size_t last_not_paren_ = 0;      ///< one behind the last unit that is not ')'
  std::u16string output_;
  bool rebuild_ = false;
  bool negated_ = false;
  bool negated_extglob_ = false;
  bool quoted_ = false;
  int brackets_ = 0;
  int braces_ = 0;
  int parens_ = 0;
  std::vector<Open> stack_;
  std::deque<Token> pool_;  ///< keeps tokens where they are; `tokens_` is their order
  std::vector<Token*> tokens_;
  std::vector<ExtGlob> extglobs_;
  std::vector<Token*> open_braces_;
  Token* previous_ = nullptr;
  Token* first_ = nullptr;
};

}  // namespace stillage::glob
