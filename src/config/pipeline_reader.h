// SPDX-License-Identifier: MIT
#pragma once
// Pipelines and their entries, as lists (what comes before) or as objects.

#include <string>
#include <vector>

#include "config/field.h"
#include "graph/pipeline.h"
#include "stillage/result.h"

namespace stillage::config {

/// One entry. `root` is the repository's, from which absolute paths of workers are taken away.
Result<graph::TaskDefinition> read_task(const Field& field, const std::string& root,
                                        std::vector<std::string>& warnings);

/// Collects entries in order. With merging on, a later entry for the same targets is laid over the earlier
/// one (lists are joined, objects merged) instead of replacing it.
class PipelineReader {
 public:
  PipelineReader(std::string root, bool merging) : root_(std::move(root)), merging_(merging) {}

  /// All members of an object; `prefix` ("package#") goes before their names.
  Status add(const Field& object, const std::string& prefix, std::vector<std::string>& warnings);

  std::vector<std::pair<std::string, graph::TaskDefinition>> take() { return std::move(entries_); }

 private:
  Status add_entry(const Field& field, const std::string& id, std::vector<std::string>& warnings);
  Status add_merged(const Field& field, const std::string& id, std::vector<std::string>& warnings);

  std::string root_;
  bool merging_;
  std::vector<std::pair<std::string, graph::TaskDefinition>> entries_;
  std::vector<std::pair<std::string, base::Json>> merged_;  // what each id's definition is so far
};

/// Outputs that lie in the package: an error for "../x", "/x" and the empty text.
Status check_outputs(const Field& list);

/// Names of variables, which may end in "*".
Result<std::vector<std::string>> read_variable_names(const Field& field);

/// "os", "arch", "libc" and "node".
Result<std::vector<std::string>> read_key_on(const Field& field);
Result<EnvMode> read_env_mode(const Field& field);
Result<AbsolutePaths> read_absolute_paths(const Field& field);

}  // namespace stillage::config
