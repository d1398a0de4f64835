// SPDX-License-Identifier: MIT
#pragma once
// Small text functions that the standard library lacks.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace stillage::base {

/// Lets unordered containers of std::string be asked with a string_view, without a copy.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
using StringSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;

/// The parts between separators; n separators give n + 1 parts, empty ones included.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `text` without ASCII white space at both ends.
std::string_view trim(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// ASCII letters in lower case, everything else as it is.
std::string to_lower(std::string_view text);

/// Every `from` replaced by `to`; `from` is not empty.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms; RFC 3629).
bool is_utf8(std::string_view bytes);

/// `text` for people: control characters and bytes that are not UTF-8 as \xNN, so that a hostile name can't
/// write escape sequences to a terminal.
std::string printable(std::string_view text);

/// "1.5 MB" and the like, in decimal units.
std::string human_size(std::uint64_t bytes);

/// "1 entry", "2 entries".
std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// The known name nearest to `name` by edit distance, if one is near enough to be meant.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace stillage::base
