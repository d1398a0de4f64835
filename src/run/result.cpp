// SPDX-License-Identifier: MIT
#include "run/result.h"

#include <algorithm>

namespace stillage::run {

const char* to_string(TargetStatus status) {
  switch (status) {
    case TargetStatus::success:
      return "success";
    case TargetStatus::failed:
      return "failed";
    case TargetStatus::skipped:
      return "skipped";
    case TargetStatus::aborted:
      return "aborted";
    case TargetStatus::pending:
      return "pending";
  }
  return "unknown";
}

std::size_t RunSummary::count(TargetStatus status) const {
  return static_cast<std::size_t>(std::ranges::count(targets, status, &TargetResult::status));
}

bool RunSummary::is_success() const {
  return !interrupted && std::ranges::all_of(targets, [](const TargetResult& target) {
    return target.status == TargetStatus::success || target.status == TargetStatus::skipped;
  });
}

}  // namespace stillage::run
