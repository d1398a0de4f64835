// SPDX-License-Identifier: MIT
#pragma once
// Lower-case hexadecimal text of bytes, and back.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stillage::base {

/// Two lower-case digits for each byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Fills `out` from exactly 2 * out.size() digits of either case; false for anything else.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

}  // namespace stillage::base
