// SPDX-License-Identifier: MIT
#pragma once
// The functions of a JavaScript configuration that have a say in a run: `weight` and `shouldRun`.

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "config/script_config.h"
#include "graph/target_graph.h"
#include "stillage/result.h"

namespace stillage::config {

/// Asks, in one batch and while other work goes on, for the weights of all nodes that leave them to a
/// function, and for those whose shouldRun says no.
class TargetFunctions {
 public:
  /// Starts to ask; null where no node that runs something has a function. `script` must outlive this.
  static std::unique_ptr<TargetFunctions> ask(ScriptConfig& script, const graph::TargetGraph& graph);
  /// Ends Node if nobody has waited for its answers.
  ~TargetFunctions();
  TargetFunctions(const TargetFunctions&) = delete;
  TargetFunctions& operator=(const TargetFunctions&) = delete;

  /// Whether the answers have a say in what runs at all, and so in keys.
  bool choose() const;
  /// Waits for the answers, once; from any thread. Errors (invalid) name the function.
  Status wait();
  /// Makes these ids of targets that are not to run say what the functions say of all that they were asked
  /// about. Waits; true if the ids said that before.
  Result<bool> update(base::StringSet& not_to_run);
  /// Sets the weights of the graph's nodes. Waits.
  Status set_weights(graph::TargetGraph& graph);

 private:
  struct Question {
    std::size_t node;
    std::string id;
    bool is_weight;
  };
  using Answers = Result<std::vector<base::Json>>;

  explicit TargetFunctions(ScriptConfig& script) : script_(script) {}

  ScriptConfig& script_;
  std::vector<Question> questions_;
  std::shared_future<Answers> answers_;
};

}  // namespace stillage::config
