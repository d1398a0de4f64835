// SPDX-License-Identifier: MIT
#pragma once
// Arguments as words of a shell command, quoted exactly as the npm clients quote what stands behind "run
// script".

#include <string>
#include <vector>

namespace stillage::run {

/// As npm and yarn 1: words with characters that mean something to a shell stand in single quotes. (They
/// leave brackets, braces, '!' and '=' alone, so we do.)
std::string quote_like_npm(const std::vector<std::string>& args);

/// As pnpm: single quotes, double quotes or backslashes, by what the word holds.
std::string quote_like_pnpm(const std::vector<std::string>& args);

}  // namespace stillage::run
