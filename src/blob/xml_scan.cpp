// SPDX-License-Identifier: MIT
#include "blob/xml_scan.h"

#include <charconv>
#include <utility>

namespace stillage::blob {
namespace {

/// The next element of that name, with all before its end taken from `rest`.
std::optional<std::string_view> take_element(std::string_view& rest, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  const std::size_t start = rest.find(open);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t end = rest.find(close, start + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = rest.substr(start + open.size(), end - start - open.size());
  rest.remove_prefix(end + close.size());
  return inside;
}

/// The character that "amp" or "#x26" means, or 0.
char referenced(std::string_view name) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNames)
    if (name == known) return character;
  if (!name.starts_with('#')) return 0;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  int code = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  return parsed.ptr == name.data() + name.size() && code > 0 && code < 128 ? static_cast<char>(code) : '\0';
}

}  // namespace

std::optional<std::string_view> xml_element(std::string_view xml, std::string_view name) {
  return take_element(xml, name);
}

std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name) {
  std::vector<std::string_view> found;
  while (const auto element = take_element(xml, name)) found.push_back(*element);
  return found;
}

std::string xml_text(std::string_view escaped) {
  std::string text;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const std::size_t end = escaped[i] == '&' ? escaped.find(';', i) : std::string_view::npos;
    const char meant = end != std::string_view::npos ? referenced(escaped.substr(i + 1, end - i - 1)) : '\0';
    text += meant != '\0' ? meant : escaped[i];
    if (meant != '\0') i = end;
  }
  return text;
}

}  // namespace stillage::blob
