// SPDX-License-Identifier: MIT
#include "glob/regex_syntax.h"

#include <algorithm>
#include <optional>
#include <set>

#include "glob/units.h"

namespace stillage::glob {
namespace {

using NodePtr = std::unique_ptr<Node>;

constexpr unsigned kMaxDepth = 1000;
constexpr unsigned kMaxCount = 1U << 30;

int hex_digit(char16_t unit) {
  if (unit >= '0' && unit <= '9') return unit - '0';
  if (unit >= 'a' && unit <= 'f') return unit - 'a' + 10;
  if (unit >= 'A' && unit <= 'F') return unit - 'A' + 10;
  return -1;
}

bool is_digit(char16_t unit) {
  return unit >= '0' && unit <= '9';
}

bool is_class_escape(char16_t unit) {
  return unit == 'd' || unit == 'D' || unit == 'w' || unit == 'W' || unit == 's' || unit == 'S';
}

NodePtr make(NodeKind kind) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  return node;
}

NodePtr make_unit(char16_t unit) {
  auto node = make(NodeKind::unit);
  node->unit = unit;
  return node;
}

NodePtr make_set(UnitSet set) {
  auto node = make(NodeKind::set);
  node->set = std::make_shared<const UnitSet>(std::move(set));
  return node;
}

/// Recursive descent. A null node means "JavaScript refuses this"; `refused_` holds what only we refuse.
class Parser {
 public:
  Parser(std::u16string_view source, Dot dot) : source_(source), dot_(dot) { count_groups(); }

  Result<NodePtr> parse() {
    NodePtr node = parse_choice();
    if (!refused_.empty()) return fail(ErrorKind::unsupported, refused_);
    if (at_ != source_.size()) node = nullptr;
    return node;
  }

 private:
  bool at_end() const { return at_ == source_.size(); }
  /// The unit `ahead` places on, or 0 behind the end (a NUL itself is never asked for).
  char16_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : char16_t{0};
  }
  bool eat(std::u16string_view text) {
    if (source_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  NodePtr refuse(const char* why) {
    if (refused_.empty()) refused_ = why;
    return nullptr;
  }

  /// Numbered escapes mean a group or an octal code, depending on the groups of the whole expression.
  void count_groups() {
    bool in_set = false;
    for (std::size_t i = 0; i < source_.size(); ++i) {
      const char16_t unit = source_[i];
      if (unit == '\\') {
        ++i;
      } else if (in_set) {
        in_set = unit != ']';
      } else if (unit == '[') {
        in_set = true;
      } else if (unit == '(') {
        const std::u16string_view next = source_.substr(i + 1, 3);
        const bool named = next.size() == 3 && next.substr(0, 2) == u"?<" && next[2] != '=' && next[2] != '!';
        if (next.empty() || next[0] != '?' || named) ++groups_;
        has_names_ |= named;
      }
    }
  }

  NodePtr parse_choice() {
    if (depth_ == kMaxDepth) return refuse("it is nested too deeply");
    ++depth_;
    NodePtr choice = make(NodeKind::choice);
    do {
      NodePtr sequence = parse_sequence();
      if (!sequence) return nullptr;
      choice->children.push_back(std::move(sequence));
    } while (eat(u"|"));
    --depth_;
    return choice->children.size() == 1 ? std::move(choice->children.front()) : std::move(choice);
  }

  NodePtr parse_sequence() {
    NodePtr sequence = make(NodeKind::sequence);
    while (!at_end() && peek() != '|' && peek() != ')') {
      bool repeatable = true;
      NodePtr term = parse_term(repeatable);
      if (!term) return nullptr;
      term = parse_repeat(std::move(term), repeatable);
      if (!term) return nullptr;
      sequence->children.push_back(std::move(term));
    }
    return sequence;
  }

  NodePtr parse_term(bool& repeatable) {
    const char16_t unit = source_[at_++];
    switch (unit) {
      case '^':
        repeatable = false;
        return make(NodeKind::begin);
      case '$':
        repeatable = false;
        return make(NodeKind::end);
      case '*':
      case '+':
      case '?':
        return nullptr;
      case '{': {
        --at_;
        unsigned min = 0;
        unsigned max = 0;
        if (eat_count(min, max)) return nullptr;
        ++at_;
        return make_unit(unit);
      }
      case '.': {
        UnitSet set;
        if (dot_ == Dot::not_line_ends) {
          set.add('\n', '\n');
          set.add('\r', '\r');
          set.add(0x2028, 0x2029);
        }
        set.finish(true);
        return make_set(std::move(set));
      }
      case '[':
        return parse_set();
      case '(':
        return parse_group(repeatable);
      case '\\':
        return parse_escape(repeatable);
      default:
        return make_unit(unit);
    }
  }

  NodePtr parse_group(bool& repeatable) {
    NodePtr look;
    if (eat(u"?:")) {
    } else if (eat(u"?=")) {
      look = make(NodeKind::look_ahead);
    } else if (eat(u"?!")) {
      look = make(NodeKind::look_ahead);
      look->negative = true;
    } else if (eat(u"?<=")) {
      look = make(NodeKind::look_behind);
    } else if (eat(u"?<!")) {
      look = make(NodeKind::look_behind);
      look->negative = true;
    } else if (eat(u"?<")) {
      if (!eat_name()) return nullptr;
    } else if (peek() == '?') {
      return nullptr;
    }
    const std::size_t start = at_;
    NodePtr body = parse_choice();
    if (!body || !eat(u")")) return nullptr;
    if (!look) return body;
    repeatable = look->kind == NodeKind::look_ahead;
    look->source = source_.substr(start, at_ - 1 - start);
    look->children.push_back(std::move(body));
    return look;
  }

  bool eat_name() {
    const std::size_t start = at_;
    while (!at_end() && (is_word(peek()) || peek() == '$')) ++at_;
    const std::u16string name(source_.substr(start, at_ - start));
    if (name.empty() || is_digit(name.front()) || !eat(u">")) return false;
    return names_.insert(name).second;
  }

  /// {n}, {n,} or {n,m}; leaves everything as it is if there is none.
  bool eat_count(unsigned& min, unsigned& max) {
    const std::size_t start = at_;
    const auto number = [&](unsigned& value) {
      if (!is_digit(peek())) return false;
      for (value = 0; is_digit(peek()); ++at_) value = std::min(kMaxCount, value * 10 + (peek() - '0'));
      return true;
    };
    if (eat(u"{") && number(min)) {
      max = min;
      if (eat(u",") && !number(max)) max = kNoLimit;
      if (eat(u"}")) return true;
    }
    at_ = start;
    return false;
  }

  NodePtr parse_repeat(NodePtr term, bool repeatable) {
    unsigned min = 0;
    unsigned max = kNoLimit;
    if (eat(u"*")) {
    } else if (eat(u"+")) {
      min = 1;
    } else if (eat(u"?")) {
      max = 1;
    } else if (!eat_count(min, max)) {
      return term;
    }
    if (!repeatable || max < min) return nullptr;
    eat(u"?");
    NodePtr repeat = make(NodeKind::repeat);
    repeat->min = min;
    repeat->max = max;
    repeat->children.push_back(std::move(term));
    return repeat;
  }

  NodePtr parse_escape(bool& repeatable) {
    if (at_end()) return nullptr;
    const char16_t unit = peek();
    if (unit == 'b' || unit == 'B') {
      ++at_;
      repeatable = false;
      NodePtr node = make(NodeKind::word_edge);
      node->negative = unit == 'B';
      return node;
    }
    if (unit >= '1' && unit <= '9') {
      unsigned number = 0;
      for (std::size_t i = 0; is_digit(peek(i)); ++i)
        number = std::min(kMaxCount, number * 10 + (peek(i) - '0'));
      if (number <= groups_) return refuse("it refers back to a group (\\1), which is not supported");
    }
    if (unit == 'k' && has_names_) return refuse("it refers back to a group (\\k), which is not supported");
    if (is_class_escape(unit)) {
      ++at_;
      return make_set(UnitSet::of_escape(unit));
    }
    return make_unit(parse_unit_escape(false));
  }

  /// What follows a backslash and stands for one unit.
  char16_t parse_unit_escape(bool in_set) {
    const char16_t unit = source_[at_++];
    switch (unit) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'v':
        return '\v';
      case 'f':
        return '\f';
      case 'r':
        return '\r';
      case 'b':
        return in_set ? '\b' : 'b';
      case 'c': {
        const char16_t letter = peek();
        const bool is_letter = is_word(letter) && !is_digit(letter) && letter != '_';
        if (is_letter || (in_set && is_word(letter))) {
          ++at_;
          return letter & 31;
        }
        --at_;  // a backslash of its own; the c comes next
        return '\\';
      }
      case 'x':
        return parse_hex(2, unit);
      case 'u':
        return parse_hex(4, unit);
      default:
        break;
    }
    if (unit < '0' || unit > '7') return unit;
    unsigned code = unit - '0';
    for (int more = unit <= '3' ? 2 : 1; more > 0 && peek() >= '0' && peek() <= '7'; --more)
      code = code * 8 + (source_[at_++] - '0');
    return static_cast<char16_t>(code);
  }

  char16_t parse_hex(std::size_t digits, char16_t otherwise) {
    unsigned code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = hex_digit(peek(i));
      if (digit < 0) return otherwise;
      code = code * 16 + static_cast<unsigned>(digit);
    }
    at_ += digits;
    return static_cast<char16_t>(code);
  }

  NodePtr parse_set() {
    UnitSet set;
    const bool inverted = eat(u"^");
    while (!eat(u"]")) {
      char16_t first = 0;
      char16_t last = 0;
      const auto first_is = eat_member(set, first);
      if (!first_is) return nullptr;
      if (peek() != '-' || peek(1) == ']') {
        if (*first_is) set.add(first, first);
        continue;
      }
      ++at_;
      const auto last_is = eat_member(set, last);
      if (!last_is) return nullptr;
      if (*first_is && *last_is) {
        if (last < first) return nullptr;
        set.add(first, last);
        continue;
      }
      set.add('-', '-');
      if (*first_is) set.add(first, first);
      if (*last_is) set.add(last, last);
    }
    set.finish(inverted);
    return make_set(std::move(set));
  }

  /// Reads one member of a set: true and `unit`, or false if it was a class such as \d, then added. Nothing
  /// at the end of the text.
  std::optional<bool> eat_member(UnitSet& set, char16_t& unit) {
    if (at_end()) return std::nullopt;
    unit = source_[at_++];
    if (unit != '\\') return true;
    if (at_end()) return std::nullopt;
    if (is_class_escape(peek())) {
      set.add(UnitSet::of_escape(source_[at_++]));
      return false;
    }
    unit = parse_unit_escape(true);
    return true;
  }

  std::u16string_view source_;
  Dot dot_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  unsigned groups_ = 0;
  bool has_names_ = false;
  std::set<std::u16string> names_;
  std::string refused_;
};

}  // namespace

Result<std::unique_ptr<Node>> parse_regex(std::u16string_view source, Dot dot) {
  return Parser(source, dot).parse();
}

bool is_valid_regex(std::u16string_view source) {
  const auto node = parse_regex(source, Dot::not_line_ends);
  return node && *node;
}

}  // namespace stillage::glob
