// SPDX-License-Identifier: MIT
#pragma once
// Quoted texts of YAML and of yarn 1 lock files.

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace stillage::workspace {

/// Takes the text in double or single quotes off the front of `from`. Without escapes it is a view of `from`,
/// else of a new string in `owned`. Nothing if it does not end or has an escape that is neither YAML's nor
/// JSON's.
std::optional<std::string_view> take_quoted(std::string_view& from, std::deque<std::string>& owned);

/// A file's text without the byte order mark that some editors put in front.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace stillage::workspace
