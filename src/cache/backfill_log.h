// SPDX-License-Identifier: MIT
#pragma once
// The log of an entry in lage's format: all of standard output, a line break, all of standard error.

#include <string>
#include <string_view>
#include <vector>

#include "stillage/cache_provider.h"

namespace stillage::cache {

std::string to_log_text(const std::vector<LogChunk>& log);

/// A log whose text this is. Which part came from which stream can't be told: the last line break counts as
/// the one between them, so that a command that printed to standard output alone gets its own text back.
std::vector<LogChunk> from_log_text(std::string_view text);

}  // namespace stillage::cache
