// SPDX-License-Identifier: MIT
#pragma once
// What the words of a `dependsOn` mean for one target.

#include <vector>

#include "graph/task_table.h"
#include "stillage/result.h"

namespace stillage::graph {

class DependencySpecs {
 public:
  /// All are kept by reference.
  DependencySpecs(const TaskTable& tasks, const workspace::Workspace& workspace,
                  const workspace::PackageGraph& packages);

  /// The targets that `target` depends on, each of which TaskTable::find knows; may name one twice.
  Result<std::vector<TargetName>> expand(const TargetName& target, const TaskDefinition& definition);

 private:
  Status add(const TargetName& target, const std::string& origin, std::string_view spec,
             std::vector<TargetName>& found);
  Status add_named(const std::string& where, SplitId id, std::vector<TargetName>& found);
  const std::vector<std::size_t>& all_dependencies(std::size_t package);

  const TaskTable& tasks_;
  const workspace::Workspace& workspace_;
  const workspace::PackageGraph& packages_;
  std::vector<std::optional<std::vector<std::size_t>>> all_dependencies_;
};

}  // namespace stillage::graph
