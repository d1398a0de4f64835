// SPDX-License-Identifier: MIT
#pragma once
// Which definition holds for a task of a package, and the node that it makes of it. Knows the whole
// repository, nothing of what was selected.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "graph/pipeline.h"
#include "graph/target_graph.h"
#include "workspace/workspace.h"

namespace stillage::graph {

/// A task of a package, or of the root.
struct TargetName {
  std::optional<std::size_t> package;
  std::string task;
};

/// "package#task" cut in two; the package is "" for "#task" and "//#task". Nothing if there is no '#'.
struct SplitId {
  std::string_view package;
  std::string_view task;
};
std::optional<SplitId> split_id(std::string_view id);

class TaskTable {
 public:
  /// Both are kept by reference.
  TaskTable(const Pipeline& pipeline, const workspace::Workspace& workspace);

  /// The definition of this task in this package (none: in the root), or nullptr if it does not exist there.
  const TaskDefinition* find(std::optional<std::size_t> package, std::string_view task) const;
  /// Whether Pipeline::passes_over_missing_scripts holds for this task of this package.
  bool is_passed_over(std::size_t package, std::string_view task) const;
  /// Whether the pipeline itself, not just a script, defines the task for the root.
  bool defines_root_task(std::string_view task) const;
  /// Whether some package, or the root by its pipeline, has the task.
  bool knows(std::string_view task) const;
  /// All tasks that knows() knows, in order of the first mention.
  const std::vector<std::string>& task_names() const { return task_names_; }
  /// Every target that the pipeline defines, and every script where defaults give it outputs.
  std::vector<TargetName> all() const;

  std::string id_of(std::optional<std::size_t> package, std::string_view task) const;
  /// The node of find()'s definition; no dependencies, arguments or priority of dependents yet.
  Node make_node(const TargetName& name, const TaskDefinition& definition) const;

 private:
  const workspace::Package* package_of(std::optional<std::size_t> package) const;
  void add_task_name(std::string_view task);

  const Pipeline& pipeline_;
  const workspace::Workspace& workspace_;
  base::StringMap<std::size_t> entry_by_id_;  // "task", "package#task" or "#task" to its last entry
  base::StringMap<TaskDefinition> implied_;   // of scripts that no entry fits
  TaskDefinition implied_root_;
  std::vector<std::string> task_names_;
  base::StringSet known_tasks_;
};

}  // namespace stillage::graph
