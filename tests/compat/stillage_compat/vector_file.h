// SPDX-License-Identifier: MIT
#pragma once
// Reads vector files, in whose texts surrogates need not come in pairs.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "stillage/result.h"

namespace stillage::compat {

/// The JSON in a file. Lone surrogates, which JSON libraries refuse, are put as characters of a private area
/// that text_of() turns back.
Result<base::Json> read_vectors(const std::string& path);

/// A text of such a file, as WTF-8 (base/utf16.h).
std::string text_of(const base::Json& value);
/// A list of texts; a single text is a list of one.
std::vector<std::string> texts_of(const base::Json& value);

/// The bytes in `holder`: its field "base64", or "base64Gzip", or "content".
Result<std::string> content_of(const base::Json& holder);

/// The names of the JSON files in a folder, sorted; none if there is no such folder.
std::vector<std::string> json_files(const std::string& folder);

}  // namespace stillage::compat
