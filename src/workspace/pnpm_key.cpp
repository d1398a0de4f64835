// SPDX-License-Identifier: MIT
#include "workspace/pnpm_key.h"

#include <fmt/format.h>

namespace stillage::workspace {

std::string_view without_suffix(std::string_view key) {
  while (key.ends_with(')')) {
    int depth = 0;
    std::size_t at = key.size();
    while (at > 0) {
      --at;
      if (key[at] == ')') ++depth;
      if (key[at] == '(' && --depth == 0) break;
    }
    if (depth != 0 || at == 0) return key;
    key = key.substr(0, at);
  }
  return key;
}

std::string_view name_in_pnpm_key(std::string_view key, int lock_version) {
  if (key.starts_with('/')) key.remove_prefix(1);
  if (lock_version >= 6) return key.empty() ? key : key.substr(0, key.find('@', 1));
  std::size_t end = key.find('/');
  if (key.starts_with('@') && end != std::string_view::npos) end = key.find('/', end + 1);
  return key.substr(0, end);
}

std::vector<std::string> pnpm_keys(std::string_view name, std::string_view version, int lock_version) {
  std::vector<std::string> keys;
  if (lock_version >= 9)
    keys.push_back(fmt::format("{}@{}", name, version));
  else if (lock_version >= 6)
    keys.push_back(fmt::format("/{}@{}", name, version));
  else
    keys.push_back(fmt::format("/{}/{}", name, version));
  // An alias, or something that is not from a registry, is written as the whole key.
  keys.emplace_back(version);
  return keys;
}

}  // namespace stillage::workspace
