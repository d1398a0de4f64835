// SPDX-License-Identifier: MIT
#include "net/headers.h"

#include <algorithm>

#include "base/strings.h"

namespace stillage::net {

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const std::string wanted = base::to_lower(name);
  for (const Header& field : fields_)
    if (base::to_lower(field.name) == wanted) return field.value;
  return std::nullopt;
}

bool is_valid_header(std::string_view name, std::string_view value) {
  const auto in_token = [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  };
  const auto in_value = [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), in_token) &&
         std::all_of(value.begin(), value.end(), in_value);
}

std::string redact(std::string_view text, const std::vector<std::string>& secrets) {
  // The longest first, so that a secret that is part of another leaves nothing of it.
  std::vector<std::string_view> ordered(secrets.begin(), secrets.end());
  std::sort(ordered.begin(), ordered.end(), [](auto a, auto b) { return a.size() > b.size(); });
  std::string clean(text);
  for (const std::string_view secret : ordered)
    if (!secret.empty()) clean = base::replace_all(clean, secret, "<secret>");
  return clean;
}

}  // namespace stillage::net
