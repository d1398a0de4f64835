// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/json.h"
#include "base/stages.h"
#include "commands.h"
#include "report/stage_table.h"
#include "session.h"

namespace stillage::cli {

Result<int> hash(const HashCommand& command) {
  STILLAGE_ASSIGN(const auto session, Session::open(command.selection, Session::Purpose::question));
  STILLAGE_ASSIGN(const std::vector<std::string> keys, session->keys());
  base::Json targets = base::Json::object();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const graph::Node& node = session->graph().nodes[i];
    if ((!node.has_command && !node.named) || keys[i].empty()) continue;
    if (command.json)
      targets[node.target.id] = keys[i];
    else
      fmt::print("{}  {}\n", keys[i], node.target.id);
  }
  if (command.json) fmt::print("{}", base::to_pretty_text({{"targets", targets}}));
  (void)session->hasher().cleanup();  // costs time only, if it fails
  if (command.timings) fmt::print(stderr, "{}", report::stage_table(base::stage_times()));
  return 0;
}

}  // namespace stillage::cli
