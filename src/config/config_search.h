// SPDX-License-Identifier: MIT
#pragma once
// Where the configuration of a repository is: stillage.config.json, the "stillage" field of the root's
// package.json, then wherever lage looks. The first place that holds anything counts alone.

#include <optional>
#include <string>
#include <vector>

#include "config/field.h"
#include "config/script_config.h"
#include "run/environment.h"
#include "stillage/result.h"

namespace stillage::config {

struct FoundConfig {
  Source source;  ///< of an empty `file`, and an empty object, if there is no configuration
  /// The Node process that evaluated it, if functions in it are still to be asked.
  std::optional<ScriptConfig> script;
};

/// Reads what is found first below `root`. Errors (invalid) name file and line.
Result<FoundConfig> find_config(const std::string& root, const run::Environment& environment);

/// The files that find_config looks for, in its order, relative to the root.
const std::vector<std::string>& config_places();

}  // namespace stillage::config
