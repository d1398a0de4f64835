// SPDX-License-Identifier: MIT
#include "archive/path_search.h"

#include <string.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/strings.h"

namespace stillage::archive {
namespace {

/// Each text within a text doubles the backslashes.
constexpr std::size_t kMostBackslashes = 4;

/// Letters, digits and signs that no encoding touches.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text.substr(0, digits)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      number = number << 4 | static_cast<std::uint32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f')
      number = number << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    else
      return std::nullopt;
  }
  return number;
}

/// The bytes of the first character of `text` in UTF-8; what is none counts by bytes.
std::string_view first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  const std::string_view character = text.substr(0, size);
  return base::is_utf8(character) ? character : text.substr(0, 1);
}

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i]));
  };
  if (character.size() == 1) return byte(0);
  std::uint32_t point = byte(0) & (0x7FU >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) point = point << 6 | (byte(i) & 0x3F);
  return point;
}

/// Takes "u00e9", or two of them with backslashes between for a surrogate pair, off the front of `text`.
bool take_unicode(std::string_view& text, std::uint32_t point) {
  if (!text.starts_with('u')) return false;
  const auto unit = hex_number(text.substr(1), 4);
  if (!unit) return false;
  std::string_view rest = text.substr(5);
  if (point >= 0x10000) {
    if (*unit != 0xD800 + ((point - 0x10000) >> 10)) return false;
    const std::size_t slashes = std::min(rest.find_first_not_of('\\'), rest.size());
    rest.remove_prefix(slashes);
    if (slashes == 0 || slashes > kMostBackslashes) return false;
    return take_unicode(rest, 0xDC00 + (point & 0x3FF)) && (text = rest, true);
  }
  if (*unit != point) return false;
  text = rest;
  return true;
}

/// Takes a backslash's escape of the character, of any depth, off the front of `text`.
bool take_escape(std::string_view& text, std::string_view character) {
  const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
  if (slashes == 0 || slashes > kMostBackslashes) return false;
  std::string_view rest = text.substr(slashes);
  const char first = character.front();
  if (first == '\\') {
    text = rest;
    return true;
  }
  if ((first == '/' || first == '"' || first == '\'') && rest.starts_with(first)) {
    text = rest.substr(1);
    return true;
  }
  if (!take_unicode(rest, code_point(character))) return false;
  text = rest;
  return true;
}

/// Takes a byte, as it is or as "%2F", off the front of `text`.
bool take_byte(std::string_view& text, char byte) {
  if (text.starts_with('%') && hex_number(text.substr(1), 2) == static_cast<unsigned char>(byte)) {
    text.remove_prefix(3);
    return true;
  }
  if (!text.starts_with(byte)) return false;
  text.remove_prefix(1);
  return true;
}

/// Whether `text` begins with some spelling of the path.
bool spells(std::string_view text, std::string_view path) {
  if (text.starts_with(path)) return true;
  while (!path.empty()) {
    const std::string_view character = first_character(path);
    if (take_escape(text, character)) {
      path.remove_prefix(character.size());
    } else {
      if (!take_byte(text, path.front())) return false;
      path.remove_prefix(1);
    }
  }
  return true;
}

}  // namespace

PathSearch::PathSearch(std::string_view path) : path_(path) {
  for (std::size_t at = 0; at < path_.size();) {
    std::size_t end = at;
    while (end < path_.size() && is_plain(path_[end])) ++end;
    if (end - at > anchor_.size()) {
      anchor_ = std::string_view(path_).substr(at, end - at);
      before_anchor_ = at;
    }
    at = end + 1;
  }
}

/// Whether a spelling of the path begins at one of these places.
bool PathSearch::begins_in(std::string_view text, std::size_t first, std::size_t last) const {
  for (std::size_t at = first; at <= last && at < text.size(); ++at)
    if ((text[at] == path_.front() || text[at] == '\\' || text[at] == '%') && spells(text.substr(at), path_))
      return true;
  return false;
}

bool PathSearch::is_in(std::string_view text) const {
  if (text.size() < path_.size()) return false;
  if (anchor_.empty()) return begins_in(text, 0, text.size());
  for (std::size_t from = 0; from < text.size();) {
    const void* const found =
        ::memmem(text.data() + from, text.size() - from, anchor_.data(), anchor_.size());
    if (found == nullptr) return false;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (at >= before_anchor_ &&
        begins_in(text, at - std::min(at, before_anchor_ * kLongestSpelling), at - before_anchor_))
      return true;
    from = at + 1;
  }
  return false;
}

void PathSearch::look_at(char* piece, std::size_t size) {
  if (is_over()) return;
  char* const from = piece - kept_;
  const std::size_t length = kept_ + size;
  found_ = is_in({from, length});
  kept_ = std::min(length, reserve());
  ::memmove(piece - kept_, from + length - kept_, kept_);
}

void PathSearch::look_at(std::string_view text) {
  if (!is_over()) found_ = is_in(text);
}

}  // namespace stillage::archive
