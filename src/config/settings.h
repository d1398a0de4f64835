// SPDX-License-Identifier: MIT
#pragma once
// All that a repository's configuration and the environment say, read, checked and put together.
// docs/configuration.md has every option, docs/stillage.schema.json the shape of the file.

#include <optional>
#include <string>
#include <vector>

#include "config/config_search.h"
#include "graph/pipeline.h"
#include "run/environment.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"
#include "workspace/workspace.h"

namespace stillage::config {

struct Settings {
  std::string config_file;  ///< relative to the root; "" if there is none
  graph::Pipeline pipeline;
  CacheOptions cache_options;
  /// "npm", "yarn" or "pnpm"; "" leaves it to the lock file.
  std::string npm_client;
  /// "client" where scripts are to be started through npm_client; "" leaves it to what the repository needs.
  std::string run_scripts_with;
  std::optional<int> concurrency;
  bool normalize_line_endings = false;
  bool allow_no_target_runs = false;
  /// For what has changed since a commit: files that do not count, and files that mean everything.
  std::vector<std::string> ignore, repo_wide_changes;
  /// What the user should be told, once.
  std::vector<std::string> warnings;
};

/// What `found` says, with the overrides of each package's "stillage" or "lage" field. Errors: (invalid)
/// wrong types and unknown keys, with file and line; (unsupported) what this version can't do.
Result<Settings> read_settings(const Source& source, const workspace::Workspace& workspace,
                               const run::Environment& environment);

}  // namespace stillage::config
