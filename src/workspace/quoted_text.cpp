// SPDX-License-Identifier: MIT
#include "workspace/quoted_text.h"

#include <cstdint>

namespace stillage::workspace {
namespace {

void append_utf8(std::string& to, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// `digits` hexadecimal digits at `at`, which moves behind them.
std::optional<std::uint32_t> take_hex(std::string_view text, std::size_t& at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::size_t end = at + digits; at < end; ++at) {
    const char c = text[at];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    else
      return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

/// The escape after a backslash at `at`.
bool append_escape(std::string_view text, std::size_t& at, std::string& to) {
  if (at >= text.size()) return false;
  const char kind = text[at++];
  switch (kind) {
    case 'n':
      to += '\n';
      return true;
    case 't':
      to += '\t';
      return true;
    case 'r':
      to += '\r';
      return true;
    case 'b':
      to += '\b';
      return true;
    case 'f':
      to += '\f';
      return true;
    case '"':
    case '\\':
    case '/':
      to += kind;
      return true;
    default:
      break;
  }
  if (kind != 'x' && kind != 'u') return false;
  auto code = take_hex(text, at, kind == 'x' ? 2 : 4);
  if (!code) return false;
  if (*code >= 0xD800 && *code < 0xDC00 && text.substr(at, 2) == "\\u") {
    std::size_t next = at + 2;
    const auto low = take_hex(text, next, 4);
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      at = next;
    }
  }
  if (*code >= 0xD800 && *code < 0xE000) return false;
  append_utf8(to, *code);
  return true;
}

}  // namespace

std::optional<std::string_view> take_quoted(std::string_view& from, std::deque<std::string>& owned) {
  if (from.empty()) return std::nullopt;
  const char quote = from[0];
  const std::size_t simple_end = from.find_first_of(quote == '"' ? "\"\\" : "'", 1);
  if (simple_end == std::string_view::npos) return std::nullopt;
  const bool doubled = quote == '\'' && from.substr(simple_end + 1).starts_with('\'');
  if (from[simple_end] == quote && !doubled) {
    const std::string_view text = from.substr(1, simple_end - 1);
    from.remove_prefix(simple_end + 1);
    return text;
  }
  std::string text(from.substr(1, simple_end - 1));
  for (std::size_t at = simple_end; at < from.size();) {
    const char c = from[at++];
    if (c == quote) {
      if (quote == '"' || at >= from.size() || from[at] != '\'') {
        from.remove_prefix(at);
        return owned.emplace_back(std::move(text));
      }
      text += '\'';
      ++at;
    } else if (c == '\\' && quote == '"') {
      if (!append_escape(from, at, text)) return std::nullopt;
    } else {
      text += c;
    }
  }
  return std::nullopt;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace stillage::workspace
