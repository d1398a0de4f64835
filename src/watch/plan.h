// SPDX-License-Identifier: MIT
#pragma once
// The answer of a run that found everything in place, and all that it stood on (docs/formats/watch.md). While
// none of that has changed, the same run would find the same: so it need not be made again.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"
#include "watch/marks.h"
#include "watch/wire.h"

namespace stillage::watch {

struct PlannedTarget {
  std::string_view id;
  std::string_view key;  ///< "" if it had none
  bool has_command = false;
  double saved_seconds = 0;
};

/// The texts belong to somebody else.
struct Plan {
  std::string_view program;  ///< which program made it: another one may answer otherwise
  std::int64_t made_ns = 0;  ///< by steady_ns()
  std::string_view state_folder;
  std::string_view entries_folder;  ///< of the store; its changes count where they concern a key
  std::uint64_t instance = 0;       ///< of the service
  std::uint64_t since = 0;          ///< a time of it: nothing had changed since then when the run ended
  std::vector<PathMark> marks;
  std::vector<PlannedTarget> targets;  ///< in the order of the graph
};

/// A plan and the bytes that its texts lie in.
struct StoredPlan {
  std::shared_ptr<const void> bytes;
  Plan plan;
};

std::string encode(const Plan& plan);
std::optional<Plan> parse_plan(std::string_view payload);

/// The plan in a file; nothing if there is none.
std::optional<StoredPlan> read_plan(const std::string& path);
/// Writes it, and forgets the oldest where there are many in the folder.
Status write_plan(const std::string& path, const Plan& plan);

/// Whether none of these changes has to do with the plan: entries of other keys come and go.
bool leave_alone(const Plan& plan, const std::vector<std::string>& changed_paths);

}  // namespace stillage::watch
