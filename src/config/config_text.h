// SPDX-License-Identifier: MIT
#pragma once
// Configurations that are data: JSON, JSON with comments, YAML.

#include <string>
#include <string_view>

#include "config/field.h"
#include "stillage/result.h"

namespace stillage::config {

enum class TextFormat {
  json,
  jsonc,
  yaml,  ///< JSON included, of which YAML is (nearly) a superset
};

/// The value of `text`; `file` is for messages. A text with nothing in it gives a null value. Errors
/// (invalid) name the line.
Result<Source> parse_config(const std::string& file, std::string_view text, TextFormat format);

/// One member of the object that a JSON text holds, as a source of its own: null if it isn't there.
Result<Source> parse_config_member(const std::string& file, std::string_view text, const std::string& key);

}  // namespace stillage::config
