// SPDX-License-Identifier: MIT
#pragma once
// Another program, run to its end for what it prints. No shell; its standard input is empty. For short
// questions only (git and the like): there is no way to stop it.

#include <cstdint>
#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::os {

struct Command {
  std::vector<std::string> argv;  ///< the program first, looked up in PATH if it has no slash
  std::string dir;                ///< where it runs; "" is the current folder
  std::vector<std::string> env;   ///< NAME=value; the whole environment
  std::uint64_t max_output = std::uint64_t{1} << 30;
};

struct CommandOutput {
  int exit_code = 0;  ///< 128 + signal if one ended it
  std::string out;
  std::string err;  ///< the first 64 KiB
};

/// Runs it. An error if it can't be started or prints more than `max_output`; any exit code is a value.
Result<CommandOutput> run_command(const Command& command);

/// This process's environment as NAME=value.
std::vector<std::string> environment();

}  // namespace stillage::os
