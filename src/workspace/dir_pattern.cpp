// SPDX-License-Identifier: MIT
#include "workspace/dir_pattern.h"

#include "base/strings.h"

namespace stillage::workspace {
namespace {

constexpr std::size_t kMostExpansions = 1000;
constexpr std::size_t kLongest = 4096;

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

std::optional<DirSegment> compile_segment(std::string_view text) {
  if (text == "**") return DirSegment{std::string(text), true};
  if (auto literal = glob::literal_path(text)) return DirSegment{std::move(*literal)};
  auto wildcard = glob::Pattern::compile(text, {.dot = false, .posix_negation = true});
  if (!wildcard) return std::nullopt;
  return DirSegment{std::string(text), false, std::move(*wildcard)};
}

}  // namespace

bool DirPattern::matches(std::string_view dir) const {
  const auto names = dir.empty() ? std::vector<std::string_view>() : base::split(dir, '/');
  // reached[i]: the first i segments can match the names so far.
  std::vector<char> reached(segments.size() + 1, 0);
  const auto skip_deep = [&] {
    for (std::size_t i = 0; i < segments.size(); ++i)
      if (reached[i] && segments[i].deep) reached[i + 1] = 1;
  };
  reached[0] = 1;
  skip_deep();
  for (const auto name : names) {
    std::vector<char> next(reached.size(), 0);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (!reached[i]) continue;
      if (!segments[i].deep) {
        if (segments[i].matches(name)) next[i + 1] = 1;
      } else if (!name.starts_with('.')) {
        next[i] = 1;
      }
    }
    reached = std::move(next);
    skip_deep();
  }
  return reached.back() != 0;
}

std::optional<std::vector<DirPattern>> compile_dir_pattern(std::string_view text) {
  std::vector<std::string> expanded;
  if (text.size() > kLongest || !expand_braces(std::string(text), expanded)) return std::nullopt;
  std::vector<DirPattern> patterns;
  for (const auto& one : expanded) {
    DirPattern pattern;
    auto& segments = pattern.segments;
    for (const auto part : base::split(one, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (segments.empty() || segments.back().deep) return std::nullopt;
        segments.pop_back();
        continue;
      }
      auto segment = compile_segment(part);
      if (!segment) return std::nullopt;
      if (!segment->deep || segments.empty() || !segments.back().deep)
        segments.push_back(std::move(*segment));
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

}  // namespace stillage::workspace
