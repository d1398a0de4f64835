// SPDX-License-Identifier: MIT
#pragma once
// What a program says that is asked for credentials: run to its end, but for no longer than it may take.

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "net/failure.h"

namespace stillage::blob {

struct ChildAnswer {
  int exit_code = 0;
  std::string out;  ///< at most 1 MiB
  std::string err;  ///< the first 16 KiB
};

/// Runs `argv` (looked up in the PATH of `environment`) in the root folder, without standard input. Failures,
/// which name `argv[0]` only: local if it can't be started; transient if it takes longer than `deadline`;
/// protocol if it says too much; cancelled. Any exit code is a value.
net::Outcome<ChildAnswer> ask_child(std::vector<std::string> argv, std::vector<std::string> environment,
                                    std::chrono::milliseconds deadline, const std::stop_token& stop);

}  // namespace stillage::blob
