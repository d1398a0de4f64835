// SPDX-License-Identifier: MIT
#pragma once
// JSON.stringify, as it enters lage's hashes.

#include <optional>
#include <string>
#include <vector>

namespace stillage::hasher {

/// The text of a list of texts (WTF-8: base/utf16.h), or "undefined" for none: no spaces, lone surrogates as
/// \udxxx, what JSON need not escape as it is.
std::string json_text(const std::optional<std::vector<std::string>>& texts);

}  // namespace stillage::hasher
