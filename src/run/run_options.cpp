// SPDX-License-Identifier: MIT
#include "run/run_options.h"

#include <unistd.h>

#include "base/strings.h"

namespace stillage::run {

CommandSource single_command(std::vector<std::string> argv, const std::string& cwd,
                             std::vector<std::string> env) {
  os::ProcessSpec process{
      .argv = std::move(argv), .env = std::move(env), .cwd = cwd, .input = os::ProcessSpec::Input::inherit};
  // A group of its own would be in the background of the terminal, where reading stops a process.
  if (::isatty(STDIN_FILENO) == 1) process.group = os::ProcessSpec::Group::ours;
  const Step step{base::join(process.argv, " "), std::move(process)};
  return [step](const graph::Node&) { return Result<std::vector<Step>>(std::vector<Step>{step}); };
}

}  // namespace stillage::run
