// SPDX-License-Identifier: MIT
#include "config/json_lines.h"

#include <algorithm>

#include "base/json.h"

namespace stillage::config {
namespace {

/// Walks over JSON that is known to parse; on anything else it just comes to an end.
class Walk {
 public:
  Walk(std::string_view text, std::vector<Path>& repeated) : text_(text), repeated_(repeated) {}

  void value(JsonLines::Place& place) {
    skip_space();
    place.line = std::max(place.line, line_);
    if (peek() == '{') return object(place);
    if (peek() == '[') return list(place);
    if (peek() == '"') {
      take_string();
      return;
    }
    while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos)
      ++at_;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    for (; at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos;
         ++at_)
      if (text_[at_] == '\n') ++line_;
  }

  void object(JsonLines::Place& place) {
    ++at_;
    for (skip_space(); peek() == '"'; skip_space()) {
      const std::size_t line = line_;
      JsonLines::Place member;
      const std::string key = take_string();
      skip_space();
      if (peek() == ':') ++at_;
      path_.push_back(key);
      if (place.inside.contains(key)) repeated_.push_back(path_);
      value(member);
      path_.pop_back();
      member.line = line;
      // The last one of equal keys counts, as it does for the parser.
      place.inside[key] = std::move(member);
      skip_space();
      if (peek() == ',') ++at_;
    }
    if (peek() == '}') ++at_;
  }

  void list(JsonLines::Place& place) {
    ++at_;
    for (std::size_t i = 0;; ++i) {
      skip_space();
      if (peek() == ']' || peek() == '\0') break;
      const std::size_t before = at_;
      path_.push_back(std::to_string(i));
      value(place.inside[path_.back()]);
      path_.pop_back();
      skip_space();
      if (peek() == ',') ++at_;
      if (at_ == before) break;
    }
    if (peek() == ']') ++at_;
  }

  std::string take_string() {
    const std::size_t start = at_;
    bool has_escape = false;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') {
        has_escape = true;
        ++at_;
      }
    at_ = std::min(at_ + 1, text_.size());
    const std::string_view quoted = text_.substr(start, at_ - start);
    if (has_escape)
      if (const auto parsed = base::parse_json(quoted, "key"); parsed && parsed->is_string())
        return parsed->get<std::string>();
    return quoted.size() < 2 ? std::string() : std::string(quoted.substr(1, quoted.size() - 2));
  }

  std::string_view text_;
  std::vector<Path>& repeated_;
  Path path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

JsonLines::JsonLines(std::string_view text) {
  const std::string json = base::strip_jsonc(text);
  Walk(json, repeated_).value(top_);
}

std::size_t JsonLines::find(const Path& path) const {
  const Place* place = &top_;
  for (const std::string& key : path) {
    const auto inside = place->inside.find(key);
    if (inside == place->inside.end()) break;
    place = &inside->second;
  }
  return place->line;
}

}  // namespace stillage::config
