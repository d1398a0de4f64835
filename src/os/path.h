// SPDX-License-Identifier: MIT
#pragma once
// Pure functions on path texts; '/' separates, nothing here touches the disk.

#include <optional>
#include <string>
#include <string_view>

namespace stillage::os {

/// `base/name`; the other one alone if either is empty; `name` alone if it is absolute.
std::string join_path(std::string_view base, std::string_view name);

/// Without "." and empty segments; ".." removes the segment before it, as far as there is one ("../a" stays).
/// A leading "/" stays; a trailing one goes. The empty path stays empty, "." becomes empty.
std::string normalise_path(std::string_view path);

/// Everything before the last '/' ("" if there is none, "/" for a top-level absolute path).
std::string_view parent_path(std::string_view path);

/// Everything after the last '/'.
std::string_view file_name(std::string_view path);

/// `path` relative to the folder `base` (both normalised, both absolute or both relative), or nothing if it
/// lies outside. The folder itself is "".
std::optional<std::string_view> path_below(std::string_view path, std::string_view base);

}  // namespace stillage::os
