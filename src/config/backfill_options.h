// SPDX-License-Identifier: MIT
#pragma once
// What plain backfill is told by its configuration, and the part of that which the environment says.

#include <optional>
#include <string>
#include <vector>

#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// How much is told, least last.
enum class BackfillLogLevel { silly, verbose, info, warn, error, mute };

/// Every option of backfill's configuration, with its defaults where they do not depend on the package.
struct BackfillOptions {
  CacheStorageConfig cache_storage_config = {.provider = "local"};
  /// Whether outputs are removed before the command runs.
  bool clear_output = false;
  /// Where entries and reports lie; "" stands for `<package_root>/node_modules/.cache/backfill`.
  std::string internal_cache_folder = {};
  std::string log_folder = {};
  BackfillLogLevel log_level = BackfillLogLevel::info;
  std::string name = {};
  CacheMode mode = CacheMode::read_write;
  std::vector<std::string> output_glob = {"lib/**"};
  std::string package_root = {};
  std::optional<std::string> performance_report_name = {};
  bool produce_performance_logs = false;
  bool validate_output = false;
  bool incremental_caching = false;

  /// What the user should be told.
  std::vector<std::string> warnings = {};
};

/// `base` with what the BACKFILL_* variables say instead; empty ones say nothing. Errors (invalid) are worded
/// as backfill's; values that look like secrets are redacted in them and in the warnings.
Result<BackfillOptions> read_backfill_environment(const run::Environment& environment,
                                                  BackfillOptions base = {});

}  // namespace stillage::config
