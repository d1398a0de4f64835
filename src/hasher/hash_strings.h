// SPDX-License-Identifier: MIT
#pragma once
// The two ways in which lage's tools make one SHA-1 of many texts: sorted, and then one after the other
// without anything between them. Texts are WTF-8 (base/utf16.h).

#include <string>
#include <string_view>
#include <vector>

namespace stillage::hasher {

/// lage's hashStrings: in collation order, texts that compare equal in the order given. Lower-case hex.
std::string hash_strings(const std::vector<std::string_view>& strings);

/// backfill's hashStrings: in the order of UTF-16 code units.
std::string backfill_hash_strings(const std::vector<std::string_view>& strings);

}  // namespace stillage::hasher
