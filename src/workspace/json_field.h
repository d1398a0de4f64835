// SPDX-License-Identifier: MIT
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

namespace stillage::workspace {

/// The last value of a key, as JSON.parse would have it.
inline std::optional<simdjson::dom::element> field(const simdjson::dom::object& from, std::string_view name) {
  std::optional<simdjson::dom::element> found;
  for (const auto& [key, value] : from)
    if (key == name) found = value;
  return found;
}

}  // namespace stillage::workspace
