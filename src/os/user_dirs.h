// SPDX-License-Identifier: MIT
#pragma once
// Where a user's caches and settings live (XDG Base Directory Specification).

#include <string>

#include "stillage/result.h"

namespace stillage::os {

/// $HOME, else the home folder of the account; an error if there is neither.
Result<std::string> home_dir();

/// `$XDG_CACHE_HOME/stillage`, else `~/.cache/stillage`. A relative XDG_CACHE_HOME is ignored, as the
/// specification says. Nothing is made.
Result<std::string> user_cache_dir();

/// `$XDG_CONFIG_HOME/stillage`, else `~/.config/stillage`; as above.
Result<std::string> user_config_dir();

}  // namespace stillage::os
