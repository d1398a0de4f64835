// SPDX-License-Identifier: MIT
#include "glob/translator.h"

#include <algorithm>
#include <string>

#include "glob/regex_pieces.h"
#include "glob/short_globs.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

constexpr std::u16string_view kBreaksText = u"@![].,$*+?^{}()|\\/";

}  // namespace

Translator::Translator(std::u16string_view glob, Dialect dialect)
    : glob_(glob), dialect_(dialect), size_(static_cast<std::ptrdiff_t>(glob.size())) {
  last_bracket_close_ = glob.rfind(']') + 1;  // npos + 1 is 0
  last_not_paren_ = glob.find_last_not_of(u')') + 1;
  first_ = &pool_.emplace_back();
  first_->type = Type::start;
  first_->output = u"";
  tokens_.push_back(first_);
  previous_ = first_;
}

std::u16string Translator::next() {
  ++index_;
  return index_ < size_ ? std::u16string(1, glob_[static_cast<std::size_t>(index_)]) : std::u16string();
}

std::u16string_view Translator::rest() const {
  return index_ + 1 < size_ ? glob_.substr(static_cast<std::size_t>(index_ + 1)) : std::u16string_view();
}

void Translator::open(Open what) {
  ++(what == Open::brackets ? brackets_ : what == Open::braces ? braces_ : parens_);
  stack_.push_back(what);
}

void Translator::close(Open what) {
  --(what == Open::brackets ? brackets_ : what == Open::braces ? braces_ : parens_);
  if (!stack_.empty()) stack_.pop_back();
}

/// Cuts `units` off the expression; none means all of it (a quirk of JavaScript's slice(0, -0)).
void Translator::drop_output(std::size_t units) {
  output_.resize(units == 0 || units > output_.size() ? 0 : output_.size() - units);
}

void Translator::push(Type type, std::u16string value, std::optional<std::u16string> output) {
  Token token;
  token.type = type;
  token.value = std::move(value);
  token.output = std::move(output);
  push(std::move(token));
}

void Translator::push(Token token) {
  if (previous_->type == Type::globstar) {
    const bool in_brace = braces_ > 0 && (token.type == Type::comma || token.type == Type::brace);
    const bool in_extglob = token.extglob || (!extglobs_.empty() && token.type == Type::paren);
    if (token.type != Type::slash && token.type != Type::paren && !in_brace && !in_extglob) {
      // Something follows directly, so that it was no globstar after all.
      drop_output(previous_->output->size());
      previous_->type = Type::star;
      previous_->value = u"*";
      previous_->output = kStar;
      output_ += kStar;
    }
  }
  if (!extglobs_.empty() && token.type != Type::paren) extglobs_.back().inner += token.value;
  if (!token.value.empty() || (token.output && !token.output->empty())) output_ += token.text();
  if (previous_->type == Type::text && token.type == Type::text) {
    previous_->value += token.value;
    previous_->output = previous_->output.value_or(std::u16string()) + token.value;
    return;
  }
  token.previous = previous_;
  previous_ = &pool_.emplace_back(std::move(token));
  tokens_.push_back(previous_);
}

Result<std::u16string> Translator::run() {
  while (!at_end()) {
    if (index_ >= size_) return fail(ErrorKind::invalid, "it ends in too many backslashes");
    STILLAGE_TRY(step());
    if (std::max(parens_, braces_) > kMaxGlobDepth)
      return fail(ErrorKind::invalid, "it nests more than " + std::to_string(kMaxGlobDepth) + " groups");
  }
  for (; brackets_ > 0; close(Open::brackets)) escape_last(u'[');
  for (; parens_ > 0; close(Open::parens)) escape_last(u'(');
  for (; braces_ > 0; close(Open::braces)) escape_last(u'{');
  if (previous_->type == Type::star || previous_->type == Type::bracket)
    push(Type::text, u"", concat(kSlashLiteral, u"?"));
  if (!rebuild_) return std::move(output_);
  output_.clear();
  for (const Token* const token : tokens_) output_ += token->text();
  return std::move(output_);
}

/// Escapes the last `unit` of the expression that is not escaped.
void Translator::escape_last(char16_t unit) {
  std::size_t at = output_.rfind(unit);
  while (at != std::u16string::npos && at > 0 && output_[at - 1] == '\\') at = output_.rfind(unit, at - 1);
  if (at != std::u16string::npos) output_.insert(at, 1, u'\\');
}

Status Translator::step() {
  std::u16string value = next();
  if (value == std::u16string_view(u"\0", 1)) return {};
  if (value == u"\\" && take_escape(value)) return {};
  const bool opened_just_now = previous_->value == u"[" || previous_->value == u"[^";
  if (brackets_ > 0 && (value != u"]" || opened_just_now)) {
    take_in_bracket(std::move(value));
    return {};
  }
  if (quoted_ && value != u"\"") {
    value = escape_regex(value);
    previous_->value += value;
    output_ += value;
    return {};
  }
  const char16_t unit = value.front();
  switch (unit) {
    case '"':
      quoted_ = !quoted_;
      return {};
    case '(':
      open(Open::parens);
      push(Type::paren, std::move(value));
      return {};
    case ')':
      return take_close_paren();
    case '[':
      take_open_bracket();
      return {};
    case ']':
      take_close_bracket();
      return {};
    case '{':
      take_open_brace();
      return {};
    case '}':
      take_close_brace();
      return {};
    case '|':
      push(Type::text, std::move(value));
      return {};
    case ',':
      take_comma();
      return {};
    case '/':
      take_slash();
      return {};
    case '.':
      take_dot();
      return {};
    case '?':
      take_mark();
      return {};
    case '+':
      take_plus();
      return {};
    case '*':
      take_star();
      return {};
    case '@':
      if (peek() == '(' && peek(2) != '?') {
        Token token;
        token.type = Type::at;
        token.value = std::move(value);
        token.output = u"";
        token.extglob = true;
        push(std::move(token));
      } else {
        push(Type::text, std::move(value));
      }
      return {};
    case '!':
      if (peek() == '(') {
        const std::int32_t third = peek(3);
        const bool assertion = third == '!' || third == '=' || third == '<' || third == ':';
        if (peek(2) != '?' || !assertion) {
          open_extglob(Type::negation, unit);
          return {};
        }
      }
      if (index_ == 0) {
        take_negations();
        return {};
      }
      break;
    default:
      break;
  }
  take_text(std::move(value));
  return {};
}

/// Handles a backslash; false if `value`, now with what it escapes, belongs to an open bracket.
bool Translator::take_escape(std::u16string& value) {
  const std::int32_t after = peek();
  if (after == '/' || after == '.' || after == ';') return true;
  if (after < 0) {
    push(Type::text, u"\\\\");
    return true;
  }
  const std::u16string_view ahead = rest();
  const std::size_t run = std::min(ahead.find_first_not_of(u'\\'), ahead.size());
  if (run > 2) {
    index_ += static_cast<std::ptrdiff_t>(run);
    if (run % 2 != 0) value += u'\\';
  }
  value += next();
  if (brackets_ != 0) return false;
  push(Type::text, value);
  return true;
}

void Translator::take_text(std::u16string value) {
  if (value == u"$" || value == u"^") value.insert(0, 1, u'\\');
  const std::u16string_view ahead = rest();
  const std::size_t run = std::min(ahead.find_first_of(kBreaksText), ahead.size());
  value += ahead.substr(0, run);
  index_ += static_cast<std::ptrdiff_t>(run);
  push(Type::text, std::move(value));
}

void Translator::take_comma() {
  const bool separates = !open_braces_.empty() && !stack_.empty() && stack_.back() == Open::braces;
  if (separates) open_braces_.back()->has_comma = true;
  push(Type::comma, u",", separates ? u"|" : u",");
}

void Translator::take_slash() {
  if (previous_->type == Type::dot && index_ == start_ + 1) {
    // A leading "./" says nothing.
    start_ = index_ + 1;
    output_.clear();
    tokens_.pop_back();
    previous_ = first_;
    return;
  }
  push(Type::slash, u"/", std::u16string(kSlashLiteral));
}

void Translator::take_dot() {
  if (braces_ > 0 && previous_->type == Type::dot) {
    if (previous_->value == u".") previous_->output = kDotLiteral;
    previous_->type = Type::dots;
    *previous_->output += u'.';
    previous_->value += u'.';
    if (!open_braces_.empty()) open_braces_.back()->has_range = true;
    return;
  }
  const bool within_name =
      braces_ + parens_ == 0 && previous_->type != Type::start && previous_->type != Type::slash;
  push(within_name ? Type::text : Type::dot, u".", std::u16string(kDotLiteral));
}

void Translator::take_mark() {
  if (previous_->value != u"(" && peek() == '(' && peek(2) != '?') {
    open_extglob(Type::mark, u'?');
    return;
  }
  if (previous_->type == Type::paren) {
    const std::int32_t after = peek();
    const bool assertion = after == '!' || after == '=' || after == '<' || after == ':';
    bool literal = previous_->value == u"(" && !assertion;
    if (after == '<' && !literal) {
      // A look-behind or a named group anywhere further on keeps it a group of that kind.
      literal = true;
      const std::u16string_view ahead = rest();
      for (std::size_t i = ahead.find(u'<'); literal && i != std::u16string_view::npos;
           i = ahead.find(u'<', i + 1)) {
        std::size_t end = i + 1;
        while (end < ahead.size() && is_word(ahead[end])) ++end;
        const bool look_behind = i + 1 < ahead.size() && (ahead[i + 1] == '!' || ahead[i + 1] == '=');
        literal = !look_behind && !(end > i + 1 && end < ahead.size() && ahead[end] == '>');
      }
    }
    push(Type::text, u"?", literal ? u"\\?" : u"?");
    return;
  }
  const bool first = previous_->type == Type::slash || previous_->type == Type::start;
  push(Type::mark, u"?", std::u16string(first && !dialect_.dot ? kNeitherSlashNorDot : kNotSlash));
}

void Translator::take_plus() {
  if (peek() == '(' && peek(2) != '?') {
    open_extglob(Type::plus, u'+');
    return;
  }
  const bool repeats = previous_->type == Type::bracket || previous_->type == Type::paren ||
                       previous_->type == Type::brace || parens_ > 0;
  if (previous_->value == u"(")
    push(Type::plus, u"+", u"\\+");
  else
    push(Type::plus, repeats ? u"+" : u"\\+");
}

void Translator::take_negations() {
  int count = 1;
  while (peek() == '!' && (peek(2) != '(' || peek(3) == '?')) {
    ++index_;
    ++start_;
    ++count;
  }
  if (count % 2 == 0) return;
  negated_ = true;
  ++start_;
}

Result<Translation> translate(std::u16string_view glob, Dialect dialect) {
  if (glob.empty()) return fail(ErrorKind::invalid, "it is empty");
  if (glob.size() > kMaxGlobLength)
    return fail(ErrorKind::invalid, "it is longer than " + std::to_string(kMaxGlobLength) + " characters");
  const bool common = glob[0] == '.' || glob[0] == '*';
  if (glob == u"***") glob = u"*";
  if (glob == u"**/**" || glob == u"**/**/**") glob = u"**";
  if (glob.substr(0, 2) == u"./") glob.remove_prefix(2);

  Translation translation;
  std::optional<std::u16string> expression;
  if (common) expression = translate_common(glob, dialect);
  if (!expression) expression = translate_flat(glob, dialect);
  if (!expression) {
    Translator translator(glob, dialect);
    STILLAGE_ASSIGN(expression, translator.run());
    translation.negated = translator.negated();
    translation.negated_extglob = translator.negated_extglob();
  }
  translation.source = concat(u"^(?:", *expression, u")$");
  if (translation.negated) translation.source = concat(u"^(?!", translation.source, u").*$");
  return translation;
}

}  // namespace stillage::glob
