// SPDX-License-Identifier: MIT
#pragma once
// JSON to build and to read where speed does not matter (configs, records, summaries): nlohmann's ordered
// type behind functions that return a Result instead of throwing. package.json and npm lockfiles, of which
// there are many, are read with simdjson in workspace/.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "stillage/result.h"

namespace stillage::base {

/// Keeps the order of keys.
using Json = nlohmann::ordered_json;

/// Which texts count as JSON: strict, or with comments, trailing commas and a byte order mark.
enum class JsonDialect { strict, jsonc };

/// The value of `text`; an error names `origin` (a file), the line and the column. Nesting is bounded at 200.
Result<Json> parse_json(std::string_view text, std::string_view origin,
                        JsonDialect dialect = JsonDialect::strict);

/// JSONC as strict JSON of the same length: comments and trailing commas become spaces.
std::string strip_jsonc(std::string_view text);

/// One line of JSON text; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Json& value);

/// JSON text indented by two spaces, with a final newline.
std::string to_pretty_text(const Json& value);

}  // namespace stillage::base
