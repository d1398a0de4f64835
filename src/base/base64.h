// SPDX-License-Identifier: MIT
#pragma once
// Base64: standard with padding (RFC 4648 section 4), and for URLs without (section 5).

#include <optional>
#include <string>
#include <string_view>

namespace stillage::base {

/// The padded base64 text of `bytes`.
std::string to_base64(std::string_view bytes);

/// The unpadded base64url text of `bytes`.
std::string to_base64url(std::string_view bytes);

/// The bytes of a padded base64 text, or nothing if it is not one.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace stillage::base
