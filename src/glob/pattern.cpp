// SPDX-License-Identifier: MIT
#include "glob/pattern.h"

#include <algorithm>

#include "base/strings.h"
#include "glob/translate.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

std::string_view without_dot_slash(std::string_view text) {
  while (text.substr(0, 2) == "./") text.remove_prefix(2);
  return text;
}

bool is_below(std::string_view path, std::string_view dir) {
  return path.size() > dir.size() && path[dir.size()] == '/' && path.substr(0, dir.size()) == dir;
}

bool consumes_nothing(const Node& node) {
  return node.kind == NodeKind::begin || node.kind == NodeKind::end || node.kind == NodeKind::word_edge ||
         node.kind == NodeKind::look_ahead || node.kind == NodeKind::look_behind;
}

/// Adds the ASCII units that every match of `node` begins with; false if nothing behind them is certain.
bool collect_prefix(const Node& node, std::string& prefix) {
  if (node.kind == NodeKind::unit && node.unit < 128) {
    prefix += static_cast<char>(node.unit);
    return true;
  }
  if (node.kind == NodeKind::sequence)
    return std::all_of(node.children.begin(), node.children.end(),
                       [&](const auto& child) { return collect_prefix(*child, prefix); });
  return consumes_nothing(node);
}

/// The same for what every match ends with; collects backwards.
bool collect_suffix(const Node& node, std::string& reversed) {
  if (node.kind == NodeKind::unit && node.unit < 128) {
    reversed += static_cast<char>(node.unit);
    return true;
  }
  if (node.kind == NodeKind::sequence)
    return std::all_of(node.children.rbegin(), node.children.rend(),
                       [&](const auto& child) { return collect_suffix(*child, reversed); });
  return consumes_nothing(node);
}

/// Whether a glob without magic is its own expression: what the short forms make of doubled signs is not.
bool is_plain(std::string_view text) {
  return !text.empty() &&
         text.find_first_of(std::string_view("*?[]{}()|\\\"+$^!\0", 16)) == std::string_view::npos;
}

tl::unexpected<Error> refuse(std::string_view text, const Error& error) {
  const std::string shown = base::printable(text.substr(0, 200));
  return fail(error.kind, "pattern '" + shown + (text.size() > 200 ? "…" : "") + "': " + error.message);
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text, MatchOptions options) {
  Pattern made;
  made.text_ = text;
  made.line_ends_ = options.line_ends;
  const std::string_view plain = without_dot_slash(text);
  if (is_plain(plain)) {
    made.literal_ = plain;
    return made;
  }
  const Dialect dialect{options.dot, options.posix_negation};
  auto translation = translate(to_units(text), dialect);
  if (!translation) return refuse(text, translation.error());
  made.negated_ = translation->negated;
  made.negated_extglob_ = translation->negated_extglob;
  const Dot dot = options.line_ends == LineEnds::allow ? Dot::anything : Dot::not_line_ends;
  auto tree = parse_regex(translation->source, dot);
  if (!tree) return refuse(text, tree.error());
  if (!*tree) {  // picomatch gives an expression that matches nothing for what JavaScript can't parse
    made.automaton_ = std::make_shared<const Automaton>();
    return made;
  }
  auto automaton = Automaton::compile(**tree);
  if (!automaton) return refuse(text, automaton.error());
  made.automaton_ = std::make_shared<const Automaton>(std::move(*automaton));
  // Where the expression is tied to both ends, most paths are refused by a look at theirs.
  const Node& top = **tree;
  if (top.kind == NodeKind::sequence && !top.children.empty()) {
    if (top.children.front()->kind == NodeKind::begin) collect_prefix(top, made.prefix_);
    if (top.children.back()->kind == NodeKind::end) collect_suffix(top, made.suffix_);
    std::reverse(made.suffix_.begin(), made.suffix_.end());
  }
  if (options.dot) {
    const bool one_sign = made.negated_ && text.substr(0, 2) != "!!";
    if (!made.negated_ || one_sign) {
      auto simple = SimpleGlob::compile(without_dot_slash(text.substr(one_sign ? 1 : 0)));
      if (simple) made.simple_ = std::make_shared<const SimpleGlob>(std::move(*simple));
    }
  }
  return made;
}

Pattern Pattern::everything_at(std::string path) {
  Pattern made;
  made.text_ = path;
  made.literal_ = std::move(path);
  made.with_below_ = true;
  return made;
}

bool Pattern::matches_expression(std::string_view path) const {
  if (literal_) return path == *literal_ || (with_below_ && is_below(path, *literal_));
  if (path.empty() || path.substr(0, prefix_.size()) != prefix_) return false;
  if (path.size() < suffix_.size() || path.substr(path.size() - suffix_.size()) != suffix_) return false;
  if (simple_ && is_ordinary(path, line_ends_) && simple_->can_tell(path))
    return simple_->matches(path) != negated_;
  return is_ascii(path) ? automaton_->matches(path) : automaton_->matches(to_units(path));
}

bool Pattern::may_match_below(std::string_view dir) const {
  if (dir.empty()) return true;
  if (is_below(text_, dir)) return true;
  if (literal_)
    return is_below(*literal_, dir) || (with_below_ && (dir == *literal_ || is_below(dir, *literal_)));
  if (negated_) return true;
  if (simple_ && is_ordinary(dir, line_ends_)) return simple_->may_match_below(dir);
  const std::string prefix = std::string(dir) + '/';
  return is_ascii(prefix) ? automaton_->may_match_longer_than(prefix)
                          : automaton_->may_match_longer_than(to_units(prefix));
}

bool Pattern::covers_below(std::string_view dir) const {
  if (with_below_) return dir == *literal_ || is_below(dir, *literal_);
  // Where line ends are refused, a name that has one would not be covered.
  return simple_ && line_ends_ == LineEnds::allow && is_ordinary(dir, line_ends_) &&
         simple_->covers_below(dir);
}

bool Pattern::has_segment(std::string_view name) const {
  if (simple_) return simple_->has_segment(name);
  const auto parts = base::split(literal_ ? std::string_view(*literal_) : std::string_view(text_), '/');
  return std::find(parts.begin(), parts.end(), name) != parts.end();
}

std::optional<std::string> literal_path(std::string_view pattern) {
  const std::string_view text = without_dot_slash(pattern);
  if (!text.empty() && text.front() == '!') return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      if (++i == text.size()) return std::nullopt;
      c = text[i];
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 128 || is_word(byte) || c == '/') return std::nullopt;
    } else if (std::string_view("*?[]{}()|\"\0", 11).find(c) != std::string_view::npos) {
      return std::nullopt;
    }
    path += c;
  }
  return path;
}

std::optional<std::string> literal_first_segment(std::string_view pattern) {
  if (!pattern.empty() && pattern.front() == '!') pattern.remove_prefix(1);
  pattern = without_dot_slash(pattern);
  // A brace or a group may hold slashes and so alternatives to the first segment.
  auto segment = literal_path(pattern.substr(0, pattern.find('/')));
  if (!segment || segment->empty() || *segment == "." || *segment == ".." ||
      pattern.find('|') != std::string_view::npos)
    return std::nullopt;
  return segment;
}

}  // namespace stillage::glob
