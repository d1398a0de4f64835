// SPDX-License-Identifier: MIT
#pragma once
// `cacheOptions` of a configuration, and the environment variables that override it (docs/configuration.md
// has the table).

#include <string>
#include <vector>

#include "base/json.h"
#include "config/field.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// Reads the object into `options`. Relative folders are relative to `root`.
Status read_cache_options(const Field& field, const std::string& root, CacheOptions& options,
                          std::vector<std::string>& warnings);

/// Lays the environment over `options`. Errors name the variable; values of provider options never appear.
Status apply_environment(const run::Environment& environment, const std::string& root, CacheOptions& options,
                         std::vector<std::string>& warnings);

/// Reads one of the four modes.
Status read_cache_mode(const Field& field, CacheMode& mode);

/// The keys that read_cache_options knows.
const std::vector<std::string>& cache_option_keys();

}  // namespace stillage::config
