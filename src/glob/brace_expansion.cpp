// SPDX-License-Identifier: MIT
#include "glob/brace_expansion.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>

#include "glob/brace_range.h"
#include "glob/translate.h"

namespace stillage::glob {
namespace {

using Texts = std::vector<std::u16string>;

constexpr std::size_t kMaxLength = 10000;  // `braces` refuses longer globs
constexpr std::size_t kMaxResults = 20000;
constexpr std::size_t kMaxUnits = 8U << 20U;

enum class Type { root, text, paren, brace, open, close, comma, dot, range };

struct Part {
  Type type = Type::text;
  std::u16string value;
  std::vector<Part*> parts;
  Part* parent = nullptr;
  bool dollar = false;
  bool invalid = false;
  bool queued = false;  ///< its expansion has begun, so that `queue` counts
  int commas = 0;
  int ranges = 0;
  std::vector<Texts> queue;

  bool holds_parts() const { return type == Type::root || type == Type::paren || type == Type::brace; }
};

std::u16string joined(const Part& part) {
  if (!part.holds_parts() || !part.value.empty()) return part.value;
  std::u16string all;
  for (const Part* const child : part.parts) all += joined(*child);
  return all;
}

/// Splits a glob into braces, parentheses and text.
class BraceParser {
 public:
  explicit BraceParser(std::u16string_view glob) : glob_(glob) {}

  /// Null if it nests too deeply.
  Part* parse() {
    Part* const root = make(Type::root, u"");
    stack_.push_back(root);
    previous_ = root;
    while (at_ < glob_.size()) {
      if (stack_.size() > static_cast<std::size_t>(kMaxGlobDepth)) return nullptr;
      take(glob_[at_++]);
    }
    dissolve_open_blocks();
    return root;
  }

 private:
  Part* make(Type type, std::u16string value) {
    Part& part = pool_.emplace_back();
    part.type = type;
    part.value = std::move(value);
    return &part;
  }

  Part* push(Type type, std::u16string value) {
    if (type == Type::text) {
      if (previous_->type == Type::dot) previous_->type = Type::text;
      if (previous_->type == Type::text) {
        previous_->value += value;
        return previous_;
      }
    }
    Part* const part = make(type, std::move(value));
    part->parent = stack_.back();
    stack_.back()->parts.push_back(part);
    previous_ = part;
    return part;
  }

  /// The next unit; behind the end what JavaScript makes of a missing one.
  std::u16string next() {
    return at_ < glob_.size() ? std::u16string(1, glob_[at_++]) : std::u16string(u"undefined");
  }

  void take(char16_t unit) {
    const std::u16string value(1, unit);
    switch (unit) {
      case 0xFEFF:
      case 0x00A0:
        return;
      case '\\':
        push(Type::text, value + next());
        return;
      case ']':
        push(Type::text, u"\\]");
        return;
      case '[':
        take_bracket();
        return;
      case '(':
        stack_.push_back(push(Type::paren, u""));
        push(Type::text, value);
        return;
      case ')':
        push(Type::text, value);
        if (stack_.back()->type == Type::paren) stack_.pop_back();
        return;
      case '"':
      case '\'':
      case '`':
        take_quoted(unit);
        return;
      case '{': {
        const bool dollar =
            (!previous_->value.empty() && previous_->value.back() == '$') || stack_.back()->dollar;
        Part* const brace = push(Type::brace, u"");
        brace->dollar = dollar;
        ++depth_;
        stack_.push_back(brace);
        push(Type::open, value);
        return;
      }
      case '}':
        if (stack_.back()->type != Type::brace) {
          push(Type::text, value);
          return;
        }
        push(Type::close, value);
        stack_.pop_back();
        --depth_;
        return;
      case ',':
        if (depth_ > 0) {
          take_comma();
          return;
        }
        break;
      case '.':
        if (depth_ > 0 && stack_.back()->type == Type::brace && stack_.back()->commas == 0) {
          take_dot();
          return;
        }
        break;
      default:
        break;
    }
    push(Type::text, value);
  }

  void take_bracket() {
    std::u16string value = u"[";
    ++brackets_;
    while (at_ < glob_.size()) {
      const char16_t unit = glob_[at_++];
      value += unit;
      if (unit == '[') ++brackets_;
      if (unit == '\\') value += next();
      if (unit == ']' && --brackets_ == 0) break;
    }
    push(Type::text, std::move(value));
  }

  void take_quoted(char16_t quote) {
    std::u16string value;
    while (at_ < glob_.size()) {
      const char16_t unit = glob_[at_++];
      if (unit == quote) break;
      value += unit;
      if (unit == '\\') value += next();
    }
    push(Type::text, std::move(value));
  }

  void take_comma() {
    Part& block = *stack_.back();
    if (block.ranges > 0) {
      // A range with a comma behind it is a word of a list.
      block.ranges = 0;
      Part* const open = block.parts.front();
      std::u16string word;
      for (std::size_t i = 1; i < block.parts.size(); ++i) word += joined(*block.parts[i]);
      block.parts = {open, make(Type::text, std::move(word))};
    }
    push(Type::comma, u",");
    ++block.commas;
  }

  void take_dot() {
    Part& block = *stack_.back();
    if (previous_->type == Type::dot) {
      previous_->value += u'.';
      previous_->type = Type::range;
      if (block.parts.size() != 3 && block.parts.size() != 5) {
        block.invalid = true;
        block.ranges = 0;
        previous_->type = Type::text;
      } else {
        ++block.ranges;
      }
    } else if (previous_->type == Type::range) {
      block.parts.pop_back();
      Part* const before = block.parts.back();
      if (before->holds_parts() && before->value.empty())
        before->value = u"undefined";  // JavaScript's nothing
      before->value += previous_->value + u'.';
      previous_ = before;
      --block.ranges;
    } else {
      push(Type::dot, u".");
    }
  }

  /// What was never closed becomes text in the place where it stood. Its parts keep their old parent, which
  /// is what makes `braces` stumble over some of them later.
  void dissolve_open_blocks() {
    while (stack_.size() > 1) {
      Part* const block = stack_.back();
      stack_.pop_back();
      for (Part* const part : block->parts)
        if (!part->holds_parts()) part->type = Type::text;
      auto& siblings = stack_.back()->parts;
      const auto place = siblings.erase(std::find(siblings.begin(), siblings.end(), block));
      siblings.insert(place, block->parts.begin(), block->parts.end());
    }
  }

  std::u16string_view glob_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int brackets_ = 0;
  std::deque<Part> pool_;
  std::vector<Part*> stack_;
  Part* previous_ = nullptr;
};

/// Multiplies the parts out.
class BraceExpander {
 public:
  /// False if that failed, for the reason error().
  bool expand(Part& root) { return walk(root, nullptr); }
  const std::string& error() const { return error_; }

 private:
  bool fail_with(const char* why) {
    error_ = why;
    return false;
  }

  enum class Enclose { no, yes };

  /// Replaces the last texts of `queue` by their combinations with all of `more`.
  bool combine(std::vector<Texts>& queue, const std::vector<Texts>& more, Enclose enclose = Enclose::no) {
    Texts heads{u""};
    if (!queue.empty()) {
      heads = std::move(queue.back());
      queue.pop_back();
    }
    if (more.empty()) {
      queue.push_back(std::move(heads));
      return true;
    }
    std::size_t count = 0;
    std::size_t units = 0;
    for (const Texts& texts : more) {
      count += texts.size();
      for (const auto& text : texts) units += text.size() + 2;
    }
    std::size_t head_units = 0;
    for (const auto& head : heads) head_units += head.size();
    if (heads.size() * count > kMaxResults || head_units * count + units * heads.size() > kMaxUnits)
      return fail_with("its braces expand to too much");
    Texts all;
    all.reserve(heads.size() * count);
    for (const auto& head : heads)
      for (const Texts& texts : more)
        for (const auto& text : texts)
          all.push_back(enclose == Enclose::yes ? head + u'{' + text + u'}' : head + text);
    queue.push_back(std::move(all));
    return true;
  }

  /// The nearest brace or the root, from `part` upwards.
  static Part* block_of(Part* part) {
    while (part->type != Type::brace && part->type != Type::root && part->parent != nullptr)
      part = part->parent;
    return part;
  }

  bool walk(Part& part, Part* parent) {
    part.queued = true;
    part.queue.clear();
    Part* const outer = parent != nullptr ? block_of(parent) : nullptr;
    if (outer != nullptr && !outer->queued) return fail_with("its braces and parentheses cross");
    if (part.invalid || part.dollar) return combine(outer->queue, {{joined(part)}});
    if (part.type == Type::brace && part.parts.size() == 2) return combine(outer->queue, {{u"{}"}});
    if (part.ranges > 0) return combine_range(part, outer->queue);
    const bool word = part.type == Type::brace && part.commas == 0;
    if (word) part.invalid = true;
    Part* const block = block_of(&part);
    if (!block->queued) return fail_with("its braces and parentheses cross");
    std::vector<Texts>& queue = block->queue;
    for (std::size_t i = 0; i < part.parts.size(); ++i) {
      Part& child = *part.parts[i];
      bool fine = true;
      if (child.type == Type::comma && part.type == Type::brace) {
        if (i == 1) queue.push_back({u""});
        queue.push_back({u""});
      } else if (child.type == Type::close) {
        fine = combine(outer->queue, queue, word ? Enclose::yes : Enclose::no);
      } else if (!child.value.empty() && child.type != Type::open) {
        fine = combine(queue, {{child.value}});
      } else if (child.holds_parts()) {
        fine = walk(child, &part);
      }
      if (!fine) return false;
    }
    return true;
  }

  bool combine_range(const Part& part, std::vector<Texts>& queue) {
    Texts ends;
    for (const Part* const child : part.parts)
      if (child->type == Type::text) ends.push_back(child->value);
    auto members = fill_range(ends);
    if (!members) {
      error_ = members.error().message;
      return false;
    }
    if (members->empty()) return combine(queue, {{joined(part)}});
    return combine(queue, {*members});
  }

  std::string error_;
};

}  // namespace

Result<Texts> expand_braces(std::u16string_view glob) {
  const std::size_t open = glob.find('{');
  const bool has_braces =
      open != std::u16string_view::npos && glob.find('}', open) != std::u16string_view::npos;
  Texts results{std::u16string(glob)};
  if (has_braces && glob.size() >= 3) {
    if (glob.size() > kMaxLength)
      return fail(ErrorKind::invalid, "it has braces and is longer than 10000 characters");
    BraceParser parser(glob);
    Part* const root = parser.parse();
    if (root == nullptr)
      return fail(ErrorKind::invalid, "it nests more than " + std::to_string(kMaxGlobDepth) + " groups");
    BraceExpander expander;
    if (!expander.expand(*root)) return fail(ErrorKind::invalid, expander.error());
    results.clear();
    std::unordered_set<std::u16string> seen;
    for (Texts& texts : root->queue)
      for (std::u16string& text : texts)
        if (seen.insert(text).second) results.push_back(std::move(text));
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const std::u16string& a, const std::u16string& b) { return a.size() < b.size(); });
  results.erase(std::remove(results.begin(), results.end(), std::u16string()), results.end());
  return results;
}

}  // namespace stillage::glob
