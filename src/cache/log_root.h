// SPDX-License-Identifier: MIT
#pragma once
// A stored log names no checkout: where it has the path of the root there stands a token, and where it is shown the
// root of the checkout it is shown in.

#include <string>
#include <string_view>
#include <vector>

#include "stillage/cache_provider.h"

namespace stillage::cache {

/// The log with the token in place of `root` (an absolute path), also where it lies across chunks of one stream.
/// `root` within a longer name ("/repo" in "/repo-2" or "/x/repo") stays.
std::vector<LogChunk> without_root(std::vector<LogChunk> log, std::string_view root);
/// The log with `root` in place of the token.
std::vector<LogChunk> with_root(std::vector<LogChunk> log, std::string_view root);

}  // namespace stillage::cache
