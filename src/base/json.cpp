// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace stillage::base {
namespace {

constexpr int kDeepest = 200;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The deepest nesting of brackets outside strings.
int nesting(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

std::string position(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

void blank(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i)
    if (text[i] != '\n') text[i] = ' ';
}

}  // namespace

std::string strip_jsonc(std::string_view text) {
  std::string out(text);
  std::size_t last_comma = std::string::npos;  // a comma with nothing but space and comments after it so far
  bool after_value = false;                    // what a comma may follow
  if (text.starts_with(kByteOrderMark)) blank(out, 0, kByteOrderMark.size());
  for (std::size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; i < out.size();) {
    const char c = out[i];
    if (c == '"') {
      for (++i; i < out.size() && out[i] != '"'; ++i)
        if (out[i] == '\\') ++i;
      i = std::min(i + 1, out.size());
      last_comma = std::string::npos;
      after_value = true;
    } else if (out.compare(i, 2, "//") == 0) {
      const std::size_t end = std::min(out.find('\n', i), out.size());
      blank(out, i, end);
      i = end;
    } else if (out.compare(i, 2, "/*") == 0) {
      const std::size_t close = out.find("*/", i + 2);
      const std::size_t end = close == std::string::npos ? out.size() : close + 2;
      blank(out, i, end);
      i = end;
    } else {
      if ((c == '}' || c == ']') && last_comma != std::string::npos) out[last_comma] = ' ';
      if (c == ',') {
        last_comma = after_value ? i : std::string::npos;
        after_value = false;
      } else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
        last_comma = std::string::npos;
        after_value = c != '{' && c != '[' && c != ':';
      }
      ++i;
    }
  }
  return out;
}

Result<Json> parse_json(std::string_view text, std::string_view origin, JsonDialect dialect) {
  std::string stripped;
  if (dialect == JsonDialect::jsonc) {
    stripped = strip_jsonc(text);
    text = stripped;
  }
  if (nesting(text) > kDeepest)
    return fail(ErrorKind::invalid, fmt::format("{}: nested deeper than {} levels", origin, kDeepest));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return fail(ErrorKind::invalid, fmt::format("{}:{}: not valid JSON", origin,
                                                position(text, error.byte == 0 ? 0 : error.byte - 1)));
  } catch (const Json::exception&) {
    return fail(ErrorKind::invalid, fmt::format("{}: holds a number beyond all bounds", origin));
  }
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_pretty_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace stillage::base
