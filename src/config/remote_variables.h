// SPDX-License-Identifier: MIT
#pragma once
// What the environment says of a remote cache: which one, and whether it is written to.

#include <optional>
#include <string>
#include <vector>

#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// What STILLAGE_REMOTE names: `{"provider": …, "options": …}` as JSON, a URL (docs/configuration.md has the
/// schemes), or "off", which is the provider "local". Nothing if it is unset or empty. An `invalid` error
/// that names the variable, and never shows its value, for anything else.
Result<std::optional<CacheStorageConfig>> remote_variable(const run::Environment& environment,
                                                          std::vector<std::string>& warnings);

/// Whether results are written to the remote cache, given what the configuration says.
/// STILLAGE_WRITE_REMOTE_CACHE goes before LAGE_WRITE_CACHE, that before LAGE_WRITE_REMOTE_CACHE, that before
/// the configuration; with Compat::lage, CI and TF_BUILD (outside tests) go before the configuration, too, as
/// in lage. An `invalid` error for a STILLAGE_WRITE_REMOTE_CACHE that is neither true nor false; of the
/// others such a value is ignored, and told.
Result<bool> writes_remote(const run::Environment& environment, Compat compat, bool configured,
                           std::vector<std::string>& warnings);

}  // namespace stillage::config
