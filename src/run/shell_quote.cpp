// SPDX-License-Identifier: MIT
#include "run/shell_quote.h"

#include <string_view>

#include "base/strings.h"

namespace stillage::run {
namespace {

bool has_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

std::string npm_word(const std::string& word) {
  if (word.empty()) return "''";
  if (!has_any(word, "\t\n\r \"#$&'()*;<>?\\`|~")) return word;
  return "'" + base::replace_all(word, "'", "'\\''") + "'";
}

std::string with_backslashes(std::string_view word, std::string_view characters) {
  std::string result;
  for (const char c : word) {
    if (characters.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string pnpm_word(const std::string& word) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  if (word.empty()) return "''";
  const bool has_single = has_any(word, "'");
  const bool has_space_or_double = has_any(word, kSpace) || has_any(word, "\"");
  if (has_space_or_double && !has_single) return "'" + with_backslashes(word, "\\") + "'";
  if (has_space_or_double || has_single) return "\"" + with_backslashes(word, "\"\\$`!") + "\"";
  return with_backslashes(word, "#!\"$&'()*,:;<=>?@[\\]^`{|}");
}

template <class Quote>
std::string quote_all(const std::vector<std::string>& args, Quote quote) {
  std::string result;
  for (const std::string& arg : args) {
    if (!result.empty()) result += ' ';
    result += quote(arg);
  }
  return result;
}

}  // namespace

std::string quote_like_npm(const std::vector<std::string>& args) {
  return quote_all(args, npm_word);
}
std::string quote_like_pnpm(const std::vector<std::string>& args) {
  return quote_all(args, pnpm_word);
}

}  // namespace stillage::run
