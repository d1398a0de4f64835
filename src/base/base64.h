// SPDX-License-Identifier: MIT
#pragma once
// Standard base64 with padding (RFC 4648 section 4).

#include <optional>
#include <string>
#include <string_view>

namespace stillage::base {

/// The padded base64 text of `bytes`.
std::string to_base64(std::string_view bytes);

/// The bytes of a padded base64 text, or nothing if it is not one.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace stillage::base
