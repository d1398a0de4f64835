// SPDX-License-Identifier: MIT
#include "workspace/dir_pattern.h"

#include "base/strings.h"

namespace stillage::workspace {
namespace {

constexpr std::size_t kMostExpansions = 1000;

/// The character class at the front of `pattern` ("[a-z]", "[!x]"): whether `c` is in it, and its length; a
/// length of 0 if it is not a class.
std::pair<bool, std::size_t> match_class(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool inside = false;
  for (const std::size_t first = at; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > first) return {inside != negated, at + 1};
    const auto low = static_cast<unsigned char>(pattern[at]);
    auto high = low;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      high = static_cast<unsigned char>(pattern[at + 2]);
      at += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= low && byte <= high) inside = true;
  }
  return {false, 0};
}

/// The places of the first balanced "{…}" that holds a comma at its own level.
struct Braces {
  std::size_t open, close;
  std::vector<std::size_t> commas;
};

std::optional<Braces> find_braces(std::string_view text) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    Braces found{open, 0, {}};
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
      if (text[i] == '{') ++depth;
      if (text[i] == ',' && depth == 1) found.commas.push_back(i);
      if (text[i] != '}' || --depth > 0) continue;
      found.close = i;
      break;
    }
    if (found.close != 0 && !found.commas.empty()) return found;
  }
  return std::nullopt;
}

/// All texts without braces that `text` stands for; false if they are too many.
bool expand_braces(const std::string& text, std::vector<std::string>& expanded) {
  std::vector<std::string> pending{text};
  while (!pending.empty()) {
    if (pending.size() + expanded.size() > kMostExpansions) return false;
    const std::string next = std::move(pending.back());
    pending.pop_back();
    const auto braces = find_braces(next);
    if (!braces) {
      expanded.push_back(next);
      continue;
    }
    std::size_t from = braces->open + 1;
    auto ends = braces->commas;
    ends.push_back(braces->close);
    for (const std::size_t end : ends) {
      pending.push_back(next.substr(0, braces->open) + next.substr(from, end - from) +
                        next.substr(braces->close + 1));
      from = end + 1;
    }
  }
  return true;
}

}  // namespace

bool has_wildcard(std::string_view segment) {
  return segment.find_first_of("*?[") != std::string_view::npos;
}

bool segment_matches(std::string_view segment, std::string_view name) {
  if (name.starts_with('.') && !segment.starts_with('.')) return false;
  std::size_t s = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // where to take up again if what follows the last star fails
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (s < segment.size() && segment[s] == '*') {
      star = s++;
      star_name = n;
      continue;
    }
    if (s < segment.size() && segment[s] == '[') {
      const auto [inside, length] = match_class(segment.substr(s), name[n]);
      if (length > 0 && inside) {
        s += length;
        ++n;
        continue;
      }
      if (length == 0 && name[n] == '[') {
        ++s;
        ++n;
        continue;
      }
    } else if (s < segment.size() && (segment[s] == '?' || segment[s] == name[n])) {
      ++s;
      ++n;
      continue;
    }
    if (star == std::string_view::npos) return false;
    s = star + 1;
    n = ++star_name;
  }
  while (s < segment.size() && segment[s] == '*') ++s;
  return s == segment.size();
}

bool matches(const DirPattern& pattern, std::string_view dir) {
  const auto names = dir.empty() ? std::vector<std::string_view>() : base::split(dir, '/');
  // reached[i]: the first i segments can match the names so far.
  std::vector<char> reached(pattern.segments.size() + 1, 0);
  const auto skip_deep = [&] {
    for (std::size_t i = 0; i < pattern.segments.size(); ++i)
      if (reached[i] && pattern.segments[i] == "**") reached[i + 1] = 1;
  };
  reached[0] = 1;
  skip_deep();
  for (const auto name : names) {
    std::vector<char> next(reached.size(), 0);
    for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
      if (!reached[i]) continue;
      const auto& segment = pattern.segments[i];
      if (segment == "**")
        next[i] |= name.starts_with('.') ? 0 : 1;
      else if (has_wildcard(segment) ? segment_matches(segment, name) : segment == name)
        next[i + 1] = 1;
    }
    reached = std::move(next);
    skip_deep();
  }
  return reached.back() != 0;
}

std::optional<std::vector<DirPattern>> compile_dir_pattern(std::string_view text) {
  std::vector<std::string> expanded;
  if (!expand_braces(std::string(text), expanded)) return std::nullopt;
  std::vector<DirPattern> patterns;
  for (const auto& one : expanded) {
    DirPattern pattern;
    for (const auto segment : base::split(one, '/')) {
      if (segment.empty() || segment == ".") continue;
      if (segment == "..") {
        if (pattern.segments.empty() || pattern.segments.back() == "**") return std::nullopt;
        pattern.segments.pop_back();
      } else if (segment != "**" || pattern.segments.empty() || pattern.segments.back() != "**") {
        pattern.segments.emplace_back(segment);
      }
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

}  // namespace stillage::workspace
