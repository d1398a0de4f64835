// SPDX-License-Identifier: MIT
#pragma once
// The command line of plain backfill, which this program has when it is started under the name `backfill`.

#include <string>
#include <vector>

#include "command_line.h"

namespace stillage::cli {

/// Reads what follows the program's name: --audit, --help and --version may stand anywhere before "--";
/// everything else is the command. Errors (invalid) name the option that is none, and show the help.
Result<Command> parse_backfill_line(const std::vector<std::string>& words);

/// `stillage exec` in compat mode as what it stands for. Errors (invalid): options that mean nothing there.
Result<BackfillCommand> as_backfill(const ExecCommand& command);

}  // namespace stillage::cli
