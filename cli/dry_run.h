// SPDX-License-Identifier: MIT
#pragma once
// What a run would do, without doing it.

#include "command_line.h"
#include "interrupt.h"
#include "session.h"

namespace stillage::cli {

/// Prints a line for each target: its key, whether it would hit, its id. A remote cache is only asked whether
/// it has an entry; nothing is downloaded, run or stored.
Result<int> dry_run(Session& session, const RunCommand& command, const Interrupt& interrupt);

}  // namespace stillage::cli
