// SPDX-License-Identifier: MIT
#include "run/pending.h"

#include "base/strings.h"

namespace stillage::run {

void explain_pending(const graph::TargetGraph& graph, bool interrupted, std::vector<TargetResult>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    TargetResult& result = results[i];
    if (result.status != TargetStatus::pending) continue;
    result.reason = interrupted ? "the run was interrupted" : "another target failed";
    for (const std::size_t dependency : graph.nodes[i].dependencies) {
      const TargetResult& other = results[dependency];
      const std::string id = base::printable(graph.nodes[dependency].target.id);
      if (other.status == TargetStatus::failed) {
        result.reason = id + " failed";
        break;
      }
      if (other.status == TargetStatus::pending) result.reason = other.reason;
    }
  }
}

}  // namespace stillage::run
