// SPDX-License-Identifier: MIT
#pragma once
// "10GB" as a number of bytes.

#include <cstdint>
#include <optional>
#include <string_view>

namespace stillage::config {

/// A whole or decimal number with a unit: none or B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of
/// 1024); the case of letters does not count, a space before the unit is allowed. Nothing if it isn't such a
/// text, or is beyond 2^63.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace stillage::config
