// SPDX-License-Identifier: MIT
#pragma once
// The options of plain backfill (`stillage exec` in compat mode, docs/compatibility.md): defaults, under
// every backfill.config.js from the working folder upwards (the nearest one counts most, key by key), under
// the environment, to which the caller has added .env.

#include <string>
#include <vector>

#include "config/backfill_variables.h"
#include "config/field.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

struct BackfillOptions {
  CacheStorageConfig cache_storage_config = {.provider = "local"};
  /// Whether what output_glob selects in the working folder is removed before the command runs.
  bool clear_output = false;
  /// Where entries are kept; absolute (in configurations, relative to package_root).
  std::string internal_cache_folder = {};
  /// Where performance logs are written; absolute (in configurations, relative to the working folder).
  std::string log_folder = {};
  LogThreshold log_level = base::LogLevel::info;
  /// The package's name, for messages and logs.
  std::string name = {};
  CacheMode mode = CacheMode::read_write;
  std::vector<std::string> output_glob = {"lib/**"};
  /// The package that is hashed and whose outputs are kept; absolute, too.
  std::string package_root = {};
  /// Read and kept, as backfill does, which never uses it.
  std::string performance_report_name = {};
  bool produce_performance_logs = false;
  bool validate_output = false;
  bool incremental_caching = false;
};

/// The options for a command in the folder `dir` (absolute, without links). Configurations are evaluated by
/// Node. Errors: (invalid) a configuration or a variable holds what it can't, or no package.json is at or
/// above `dir`; (unsupported) a provider that is a function. Unknown keys, and values that backfill ignores,
/// go to `warnings`.
Result<BackfillOptions> read_backfill_options(const std::string& dir, const run::Environment& environment,
                                              std::vector<std::string>& warnings);

/// Lays the value that a backfill.config.js exports over `options`; paths stay as they are written there.
Status apply_backfill_config(const Source& source, BackfillOptions& options,
                             std::vector<std::string>& warnings);

/// Lays the BACKFILL_* variables over `options`, likewise.
Status apply_backfill_variables(const run::Environment& environment, BackfillOptions& options,
                                std::vector<std::string>& warnings);

}  // namespace stillage::config
