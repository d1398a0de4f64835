// SPDX-License-Identifier: MIT
#pragma once
// Percent-encoding (RFC 3986 section 2.1): the form in which any bytes may stand in a URL.

#include <optional>
#include <string>
#include <string_view>

namespace stillage::net {

/// Every byte but letters, digits and "-._~" as %XX with upper-case digits.
std::string percent_encode(std::string_view bytes);

/// The same, but '/' stays: for a path made of segments.
std::string percent_encode_path(std::string_view path);

/// %XX as the byte that it means, '+' as it is; nothing if a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace stillage::net
