// SPDX-License-Identifier: MIT
// One star, two stars, and when two stars are a globstar.
#include "glob/regex_pieces.h"
#include "glob/translator.h"

namespace stillage::glob {

void Translator::take_star() {
  if (previous_->type == Type::globstar || previous_->stars) {
    previous_->type = Type::star;
    previous_->stars = true;
    previous_->value += u'*';
    previous_->output = kStar;
    rebuild_ = true;
    return;
  }
  if (peek() == '(' && peek(2) >= 0 && peek(2) != '?') {
    open_extglob(Type::star, u'*');
    return;
  }
  if (previous_->type == Type::star) {
    take_globstar();
    return;
  }
  if (index_ == start_ || previous_->type == Type::slash || previous_->type == Type::dot) {
    // At the start of a name: not "." and "..", and something has to be there.
    std::u16string guard = not_ahead(previous_->type == Type::dot ? kDotOrNothing
                                     : dialect_.dot               ? kDotsSegment
                                                                  : kDotLiteral);
    if (peek() != '*') guard += kSomeUnit;
    output_ += guard;
    previous_->output = previous_->output.value_or(std::u16string()) + guard;
  }
  push(Type::star, u"*", std::u16string(kStar));
}

/// The second of two stars; the first one is the previous token.
void Translator::take_globstar() {
  Token& star = *previous_;
  Token& before = *star.previous;
  const Token* const earlier = before.previous;
  const bool at_start = before.type == Type::slash || before.type == Type::start;
  const bool after_star =
      earlier != nullptr && (earlier->type == Type::star || earlier->type == Type::globstar);
  const bool in_brace = braces_ > 0 && (before.type == Type::comma || before.type == Type::brace);
  if (!at_start && before.type != Type::paren && !in_brace) {
    push(Type::star, u"*", u"");
    return;
  }
  // Further "/**" add nothing.
  while (peek(1) == '/' && peek(2) == '*' && peek(3) == '*') {
    const std::int32_t after = peek(4);
    if (after >= 0 && after != '/') break;
    index_ += 3;
  }
  const std::u16string any = globstar(dialect_.dot);
  const bool within = before.type == Type::slash && earlier->type != Type::start;
  const auto finish = [&](std::u16string output) {
    star.type = Type::globstar;
    star.value += u'*';
    star.output = std::move(output);
  };
  const auto open_slash = [&] {
    drop_output(before.text().size() + star.text().size());
    before.output = concat(u"(?:", before.text());
  };
  if (before.type == Type::start && at_end()) {
    finish(any);
    output_ = *star.output;
  } else if (within && !after_star && at_end()) {
    open_slash();
    finish(any + u"|$)");
    output_ += *before.output + *star.output;
  } else if (within && peek() == '/') {
    open_slash();
    const std::u16string_view end = peek(2) >= 0 ? u"|$" : u"";
    finish(concat(concat(any, kSlashLiteral, u"|"), kSlashLiteral, concat(end, u")")));
    output_ += *before.output + *star.output;
    ++index_;
    push(Type::slash, u"/", u"");
  } else if (before.type == Type::start && peek() == '/') {
    finish(concat(concat(u"(?:^|", kSlashLiteral, u"|"), any, concat(kSlashLiteral, u")")));
    output_ = *star.output;
    ++index_;
    push(Type::slash, u"/", u"");
  } else {
    drop_output(star.text().size());
    finish(any);
    output_ += *star.output;
  }
}

}  // namespace stillage::glob
