// SPDX-License-Identifier: MIT
// Brackets, parentheses with extended globs, and braces.
#include <algorithm>
#include <iterator>

#include "glob/regex_pieces.h"
#include "glob/regex_syntax.h"
#include "glob/repeated_groups.h"
#include "glob/translator.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

struct NamedClass {
  std::u16string_view name;
  std::u16string_view members;
};

constexpr NamedClass kNamedClasses[] = {
    {u"alnum", u"a-zA-Z0-9"},        {u"alpha", u"a-zA-Z"},
    {u"ascii", u"\\x00-\\x7F"},      {u"blank", u" \\t"},
    {u"cntrl", u"\\x00-\\x1F\\x7F"}, {u"digit", u"0-9"},
    {u"graph", u"\\x21-\\x7E"},      {u"lower", u"a-z"},
    {u"print", u"\\x20-\\x7E "},     {u"punct", u"\\-!\"#$%&'()\\*+,./:;<=>?@[\\]^_`{|}~"},
    {u"space", u" \\t\\r\\n\\v\\f"}, {u"upper", u"A-Z"},
    {u"word", u"A-Za-z0-9_"},        {u"xdigit", u"A-Fa-f0-9"},
};

bool has_special(std::u16string_view text) {
  return text.find_first_of(u"-*+?.^${}(|)[]") != std::u16string_view::npos;
}

}  // namespace

/// Whether closing parentheses follow, and nothing else.
bool Translator::only_closings_follow() const {
  return !at_end() && static_cast<std::size_t>(index_ + 1) >= last_not_paren_;
}

void Translator::take_open_bracket() {
  if (last_bracket_close_ <= static_cast<std::size_t>(index_ + 1)) {
    push(Type::bracket, u"\\[");
    return;
  }
  open(Open::brackets);
  push(Type::bracket, u"[");
}

void Translator::take_in_bracket(std::u16string value) {
  std::u16string& members = previous_->value;
  if (value == u":") {
    const std::u16string_view inner =
        std::u16string_view(members).substr(std::min<std::size_t>(1, members.size()));
    if (inner.find(u'[') != std::u16string_view::npos) {
      previous_->posix = true;
      if (inner.find(u':') != std::u16string_view::npos) {
        const std::size_t at = members.rfind(u'[');
        const std::u16string name = at + 2 <= members.size() ? members.substr(at + 2) : std::u16string();
        const auto* const found = std::find_if(std::begin(kNamedClasses), std::end(kNamedClasses),
                                               [&](const NamedClass& named) { return named.name == name; });
        if (found != std::end(kNamedClasses)) {
          members = concat(std::u16string_view(members).substr(0, at), found->members);
          rebuild_ = true;
          ++index_;  // the ']' of ":]"
          if (first_->output->empty() && tokens_.size() > 1 && tokens_[1] == previous_)
            first_->output = kSomeUnit;
          return;
        }
      }
    }
  }
  const bool opened_just_now = members == u"[" || members == u"[^";
  const bool literal = (value == u"[" && peek() != ':') || (value == u"-" && peek() == ']') ||
                       (value == u"]" && opened_just_now);
  if (literal) value.insert(0, 1, u'\\');
  if (dialect_.posix_negation && value == u"!" && members == u"[") value = u"^";
  members += value;
  output_ += value;
}

void Translator::take_close_bracket() {
  if ((previous_->type == Type::bracket && previous_->value.size() == 1) || brackets_ == 0) {
    push(Type::text, u"]", u"\\]");
    return;
  }
  close(Open::brackets);
  std::u16string& members = previous_->value;
  const std::u16string inner = members.substr(std::min<std::size_t>(1, members.size()));
  // An inverted bracket must not match a slash.
  const bool shut_out =
      !previous_->posix && !inner.empty() && inner[0] == '^' && inner.find(u'/') == std::u16string::npos;
  const std::u16string_view closing = shut_out ? u"/]" : u"]";
  members += closing;
  output_ += closing;
  if (has_special(inner)) return;
  // Nothing but plain characters: that may also be the name itself, brackets included.
  drop_output(members.size());
  members = concat(concat(u"(?:", escape_regex(members), u"|"), members, u")");
  output_ += members;
}

void Translator::open_extglob(Type type, char16_t sign) {
  ExtGlob group;
  group.type = type;
  group.sign = sign;
  group.close = sign == '!' ? concat(u"))", kStar, u")") : sign == '?' ? u")?" : sign == '+' ? u")+" : u")*";
  group.previous = previous_;
  group.parens = parens_;
  group.output_length = output_.size();
  group.start = index_;
  group.place = tokens_.size();
  open(Open::parens);
  push(type, std::u16string(1, sign), std::u16string(output_.empty() ? kSomeUnit : std::u16string_view()));
  Token paren;
  paren.type = Type::paren;
  paren.extglob = true;
  paren.value = next();
  paren.output = sign == '!' ? u"(?:(?!(?:" : u"(?:";
  push(std::move(paren));
  extglobs_.push_back(std::move(group));
}

Status Translator::take_close_paren() {
  if (!extglobs_.empty() && parens_ == extglobs_.back().parens + 1) {
    ExtGlob group = std::move(extglobs_.back());
    extglobs_.pop_back();
    return close_extglob(std::move(group));
  }
  push(Type::paren, u")", parens_ != 0 ? u")" : u"\\)");
  close(Open::parens);
  return {};
}

Status Translator::close_extglob(ExtGlob group) {
  Token closing;
  closing.type = Type::paren;
  closing.extglob = true;
  closing.value = u")";
  const auto begin = static_cast<std::size_t>(group.start);
  const std::u16string_view literal = glob_.substr(begin, static_cast<std::size_t>(index_) + 1 - begin);
  if (group.sign == '+' || group.sign == '*') {
    const auto risk = find_risk(literal.substr(2, literal.size() - 3));
    if (risk) {
      if (group.place >= tokens_.size())
        return fail(ErrorKind::invalid, "a range of braces ends inside of a group that it does not begin in");
      const std::u16string_view some = group.output_length == 0 ? kSomeUnit : std::u16string_view();
      Token& opening = *tokens_[group.place];
      opening.type = Type::text;
      opening.value = literal;
      opening.output = risk->replacement ? concat(some, *risk->replacement) : escape_regex(literal);
      for (std::size_t i = group.place + 1; i < tokens_.size(); ++i) {
        tokens_[i]->value.clear();
        tokens_[i]->output = u"";
      }
      output_.resize(std::min(output_.size(), group.output_length));
      output_ += *opening.output;
      rebuild_ = true;
      closing.output = u"";
      push(std::move(closing));
      close(Open::parens);
      return {};
    }
  }
  std::u16string output = group.close;
  if (group.sign == '!') {
    const bool crosses_folders = group.inner.size() > 1 && group.inner.find(u'/') != std::u16string::npos;
    const std::u16string others = crosses_folders ? globstar(dialect_.dot) : std::u16string(kStar);
    if (crosses_folders || at_end() || only_closings_follow()) output = concat(u")$))", others);
    const std::u16string_view ahead = rest();
    const bool extension_follows = ahead.size() > 1 && ahead[0] == '.' &&
                                   ahead.substr(1).find_first_of(u"\\/.") == std::u16string_view::npos;
    if (group.inner.find(u'*') != std::u16string::npos && extension_follows) {
      // `!(*.d).ts`: what follows belongs to what must not match.
      Translator extension(ahead, dialect_);
      STILLAGE_ASSIGN(const std::u16string expression, extension.run());
      output = concat(concat(u")", expression, u")"), others, u")");
    }
    if (group.previous->type == Type::start) negated_extglob_ = true;
  }
  closing.output = std::move(output);
  push(std::move(closing));
  close(Open::parens);
  return {};
}

void Translator::take_open_brace() {
  open(Open::braces);
  Token brace;
  brace.type = Type::brace;
  brace.value = u"{";
  brace.output = u"(";
  brace.output_length = output_.size();
  brace.place = tokens_.size();
  push(std::move(brace));
  open_braces_.push_back(previous_);
}

/// The expression of {a..z}, whose tokens go.
std::u16string Translator::range_output() {
  std::vector<std::u16string> ends;
  while (!tokens_.empty()) {
    const Token& token = *tokens_.back();
    tokens_.pop_back();
    if (token.type == Type::brace) break;
    if (token.type != Type::dots) ends.push_back(token.value);
  }
  std::sort(ends.begin(), ends.end());
  const auto joined = [&](std::u16string_view between, bool escaped) {
    std::u16string all;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (i > 0) all += between;
      all += escaped ? escape_regex(ends[i]) : ends[i];
    }
    return all;
  };
  std::u16string set = concat(u"[", joined(u"-", false), u"]");
  rebuild_ = true;
  return is_valid_regex(set) ? set : joined(u"..", true);
}

void Translator::take_close_brace() {
  if (open_braces_.empty()) {
    push(Type::text, u"}", u"}");
    return;
  }
  Token& brace = *open_braces_.back();
  std::u16string value = u"}";
  std::u16string output = u")";
  if (brace.has_range) output = range_output();
  if (!brace.has_comma && !brace.has_range) {
    // Neither list nor range: the braces stand for themselves.
    brace.value = u"\\{";
    brace.output = u"\\{";
    value = output = u"\\}";
    output_.resize(std::min(output_.size(), brace.output_length));
    for (std::size_t i = brace.place; i < tokens_.size(); ++i) {
      const Token& token = *tokens_[i];
      output_ += token.output && !token.output->empty() ? *token.output : token.value;
    }
  }
  push(Type::brace, std::move(value), std::move(output));
  close(Open::braces);
  open_braces_.pop_back();
}

}  // namespace stillage::glob
