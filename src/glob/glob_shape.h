// SPDX-License-Identifier: MIT
#pragma once
// What fast-glob 3.3.3 sees in a glob before it walks: whether there is any magic, the folder to start from,
// and the segments. It decides by patterns of characters, not by parsing; the answers decide what is found,
// so they are the same here, mistakes included.

#include <string>
#include <string_view>
#include <vector>

namespace stillage::glob {

/// Whether fast-glob walks for this glob rather than looking for a file of that name.
bool is_dynamic(std::string_view glob);

/// The folder that a walk for this glob starts from, "." for the current one (glob-parent 5.1.2).
std::string base_folder(std::string_view glob);

/// The segments of a glob (picomatch's scan), with slashes in braces and groups left alone.
std::vector<std::string> scan_segments(std::string_view glob);

/// Whether an ignore pattern keeps a walk out of folders that it matches.
bool stops_descent(std::string_view glob);

/// Runs of slashes as one, except for those that the text begins with.
std::string without_double_slashes(std::string_view glob);

}  // namespace stillage::glob
