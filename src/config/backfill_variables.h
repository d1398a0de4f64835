// SPDX-License-Identifier: MIT
#pragma once
// The environment variables of backfill, one by one. Each reader answers nothing for a variable that is unset
// or empty, and complains as backfill does: with the variable, what it may be, and what it was.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// Below what importance messages are kept back; nothing keeps back all of them ("mute").
using LogThreshold = std::optional<base::LogLevel>;

std::optional<CacheMode> parse_cache_mode(std::string_view word);
/// "READ_WRITE" and so on.
const char* cache_mode_name(CacheMode mode);
/// "silly" … "error", "mute"; nothing for any other word.
std::optional<LogThreshold> parse_log_threshold(std::string_view word);

/// The complaint (invalid) about a variable. `received` is made printable; it must not be a secret.
tl::unexpected<Error> wrong_variable(std::string_view name, std::string_view expected,
                                     std::string_view received);

std::optional<std::string> text_variable(const run::Environment& environment, const char* name);
/// True only for "true".
std::optional<bool> flag_variable(const run::Environment& environment, const char* name);
Result<std::optional<CacheMode>> mode_variable(const run::Environment& environment, const char* name);
Result<std::optional<LogThreshold>> log_level_variable(const run::Environment& environment, const char* name);
/// A JSON list of globs for outputs, which must stay within the package.
Result<std::optional<std::vector<std::string>>> outputs_variable(const run::Environment& environment,
                                                                 const char* name);

/// BACKFILL_CACHE_PROVIDER with BACKFILL_CACHE_PROVIDER_OPTIONS. What backfill would ignore is ignored and
/// told in `warnings`. The options may hold secrets: of their values nothing is ever told, only which keys
/// there are.
Result<std::optional<CacheStorageConfig>> storage_variables(const run::Environment& environment,
                                                            std::vector<std::string>& warnings);

}  // namespace stillage::config
