// SPDX-License-Identifier: MIT
#pragma once
// The stages of a process as a table with a timeline, so that it shows what went on side by side: --timings.

#include <string>
#include <vector>

#include "base/stages.h"

namespace stillage::report {

/// Lines for people; "" if there are no stages.
std::string stage_table(const std::vector<base::StageTime>& stages);

}  // namespace stillage::report
