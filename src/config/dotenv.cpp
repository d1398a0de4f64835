// SPDX-License-Identifier: MIT
#include "config/dotenv.h"

#include <fmt/format.h>

#include <optional>

#include "base/strings.h"
#include "config/upwards.h"
#include "os/file.h"

namespace stillage::config {
namespace {

constexpr std::uint64_t kLargestDotenv = std::uint64_t{1} << 20;

/// What JavaScript's \s means beyond ASCII, as UTF-8.
constexpr std::string_view kWideSpaces[] = {
    "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
    "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff"};

constexpr bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// The text without white space at its start.
std::string_view trim_left(std::string_view text) {
  for (bool trimmed = true; trimmed && !text.empty();) {
    trimmed = false;
    if (is_ascii_space(text.front())) {
      text.remove_prefix(1);
      trimmed = true;
    }
    for (const std::string_view space : kWideSpaces)
      if (text.starts_with(space)) {
        text.remove_prefix(space.size());
        trimmed = true;
      }
  }
  return text;
}

std::string_view trim_right(std::string_view text) {
  for (bool trimmed = true; trimmed && !text.empty();) {
    trimmed = false;
    if (is_ascii_space(text.back())) {
      text.remove_suffix(1);
      trimmed = true;
    }
    for (const std::string_view space : kWideSpaces)
      if (text.ends_with(space)) {
        text.remove_suffix(space.size());
        trimmed = true;
      }
  }
  return text;
}

constexpr bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

std::string value_of(std::string_view text) {
  const bool quoted =
      text.size() > 1 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  if (!quoted) return std::string(trim_right(text));
  const std::string_view inside = text.substr(1, text.size() - 2);
  return text.front() == '"' ? base::replace_all(inside, "\\n", "\n") : std::string(inside);
}

std::optional<std::pair<std::string, std::string>> parse_line(std::string_view line) {
  line = trim_left(line);
  std::size_t name_end = 0;
  while (name_end < line.size() && is_name_char(line[name_end])) ++name_end;
  const std::string_view rest = trim_left(line.substr(name_end));
  if (name_end == 0 || !rest.starts_with('=')) return std::nullopt;
  std::string_view value = trim_left(rest.substr(1));
  // The rest of a value may not stand on another line, and these end one to JavaScript.
  for (const std::string_view line_end : {"\u2028", "\u2029"}) {
    const std::size_t at = value.find(line_end);
    if (at == std::string_view::npos) continue;
    if (!trim_left(value.substr(at)).empty()) return std::nullopt;
    value = value.substr(0, at);
  }
  // A variable can't hold what comes after a NUL.
  return std::pair(std::string(line.substr(0, name_end)), value_of(value.substr(0, value.find('\0'))));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_dotenv(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\r", start), text.size());
    if (auto variable = parse_line(text.substr(start, end - start)))
      variables.push_back(std::move(*variable));
    start = end + 1;
  }
  return variables;
}

void load_dotenv(const std::string& dir, run::Environment& environment, std::vector<std::string>& warnings) {
  if (environment.value_or("NODE_ENV", "") == "test") return;
  const auto file = find_upwards(dir, ".env");
  if (!file) return;
  const auto text = os::read_file(*file, kLargestDotenv);
  if (!text) {
    warnings.push_back(
        fmt::format("{}: can't be read, and is passed by: {}", base::printable(*file), text.error().message));
    return;
  }
  const run::Environment callers = environment;
  for (auto& [name, value] : parse_dotenv(*text))
    if (callers.find(name) == nullptr) environment.set(std::move(name), std::move(value));
}

}  // namespace stillage::config
