// SPDX-License-Identifier: MIT
#pragma once
// `stillage cache` where the repository's cache is lage's.

#include <string>

#include "command_line.h"
#include "stillage/result.h"

namespace stillage::cli {

/// The command on the cache of the repository at `root`.
Result<int> lage_cache(const CacheCommand& command, const std::string& root);

}  // namespace stillage::cli
