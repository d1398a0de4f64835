// SPDX-License-Identifier: MIT
#include "git/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/strings.h"
#include "os/path.h"

namespace stillage::git {
namespace {

/// A cursor over the file that counts lines and takes "\r\n" for "\n".
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  static constexpr int kEnd = -1;

  int peek() const {
    if (at_ >= text_.size()) return kEnd;
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') return '\n';
    return static_cast<unsigned char>(text_[at_]);
  }
  int take() {
    const int c = peek();
    if (c == kEnd) return c;
    if (c == '\n') ++line_;
    at_ += text_[at_] == '\r' && c == '\n' ? 2 : 1;
    return c;
  }
  void skip_line() {
    while (peek() != kEnd && take() != '\n') {
    }
  }
  std::size_t line() const { return line_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

bool is_name_char(int c) {
  return c >= 0 && c < 128 && (std::isalnum(c) != 0 || c == '-');
}
bool is_blank(int c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}
char lower(int c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/// The section of a header whose '[' has been taken, with a dot at its end.
std::optional<std::string> take_section(Cursor& in) {
  std::string section;
  while (true) {
    int c = in.take();
    if (c == ']') return section + '.';
    if (is_name_char(c) || c == '.') {
      section += lower(c);
      continue;
    }
    if (c != ' ' && c != '\t') return std::nullopt;
    while (in.peek() == ' ' || in.peek() == '\t') in.take();
    if (in.take() != '"') return std::nullopt;
    section += '.';
    while ((c = in.take()) != '"') {
      if (c == '\\') c = in.take();
      if (c == Cursor::kEnd || c == '\n') return std::nullopt;
      section += static_cast<char>(c);
    }
    if (in.take() != ']') return std::nullopt;
    return section + '.';
  }
}

/// The value behind '=', up to the end of its line or lines.
std::optional<std::string> take_value(Cursor& in) {
  std::string value;
  std::size_t kept = 0;  // the length up to which blanks at the end stay
  bool quoted = false;
  bool comment = false;
  while (true) {
    int c = in.take();
    if (c == '\n' || c == Cursor::kEnd) {
      if (quoted) return std::nullopt;
      value.resize(kept);
      return value;
    }
    if (comment) continue;
    if (!quoted && is_blank(c)) {
      if (!value.empty()) value += static_cast<char>(c);
      continue;
    }
    if (!quoted && (c == ';' || c == '#')) {
      comment = true;
      continue;
    }
    if (c == '"') {
      quoted = !quoted;
      kept = value.size();
      continue;
    }
    if (c == '\\') {
      c = in.take();
      switch (c) {
        case '\n':
          continue;
        case 't':
          c = '\t';
          break;
        case 'b':
          c = '\b';
          break;
        case 'n':
          c = '\n';
          break;
        case '\\':
        case '"':
          break;
        default:
          return std::nullopt;
      }
    }
    value += static_cast<char>(c);
    kept = value.size();
  }
}

}  // namespace

Result<std::vector<ConfigVariable>> parse_config(std::string_view content, std::string_view source) {
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  std::vector<ConfigVariable> variables;
  Cursor in(content);
  std::string section;
  const auto bad_line = [&](std::size_t line) {
    return fail(ErrorKind::invalid, fmt::format("{}:{}: not a git configuration line", source, line));
  };
  while (true) {
    const std::size_t line = in.line();
    const int c = in.take();
    if (c == Cursor::kEnd) return variables;
    if (c == '\n' || is_blank(c)) continue;
    if (c == '#' || c == ';') {
      in.skip_line();
      continue;
    }
    if (c == '[') {
      auto named = take_section(in);
      if (!named) return bad_line(line);
      section = std::move(*named);
      continue;
    }
    if (!is_name_char(c) || section.empty()) return bad_line(line);
    ConfigVariable variable{.name = section + lower(c), .value = std::nullopt};
    while (is_name_char(in.peek())) variable.name += lower(in.take());
    while (in.peek() == ' ' || in.peek() == '\t') in.take();
    const int next = in.take();
    if (next == '=') {
      variable.value = take_value(in);
      if (!variable.value) return bad_line(line);
    } else if (next != '\n' && next != Cursor::kEnd) {
      return bad_line(line);
    }
    variables.push_back(std::move(variable));
  }
}

std::optional<bool> config_bool(const ConfigVariable& variable) {
  if (!variable.value) return true;
  const std::string text = base::to_lower(*variable.value);
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text.empty() || text == "false" || text == "no" || text == "off") return false;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  if (sign == text.size() || !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(),
                                          [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return text.find_first_not_of('0', sign) != std::string::npos;
}

std::optional<std::string> config_path(std::string_view value, std::string_view home) {
  if (value.starts_with("%(prefix)/")) return std::nullopt;
  if (!value.starts_with('~')) return std::string(value);
  if (value != "~" && !value.starts_with("~/")) return std::nullopt;
  return os::join_path(home, value.substr(std::min<std::size_t>(2, value.size())));
}

}  // namespace stillage::git
