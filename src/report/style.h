// SPDX-License-Identifier: MIT
#pragma once
// How things look on a terminal: colours where they are wanted, durations, and text without colours.

#include <string>
#include <string_view>

namespace stillage::report {

enum class Colour { none, red, green, yellow, cyan, dim, bold };

/// Whether colours are used.
enum class Colours { off, on };

/// `text` in a colour, or as it is where colours are off.
std::string paint(Colours colours, Colour colour, std::string_view text);

/// `text` without the escape sequences that set colours (CSI … m, ECMA-48).
std::string without_colours(std::string_view text);

/// "12 ms", "3.4 s", "2 min 5 s".
std::string duration_text(double seconds);

}  // namespace stillage::report
