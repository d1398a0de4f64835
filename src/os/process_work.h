// SPDX-License-Identifier: MIT
#pragma once
// Whether a program that tells nothing of its work gets on: by what the kernel counts of it. Who waits for
// somebody else, as for a server that does not answer, moves no byte and uses no processor.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace stillage::os {

/// What a process, and those that it has started, have done so far.
struct ProcessWork {
  std::uint64_t cpu_ticks = 0;
  std::uint64_t bytes = 0;  ///< read and written, from and to whatever it is
};

/// Nothing if there is no such process, or the kernel does not tell.
std::optional<ProcessWork> work_of(pid_t pid);

/// Follows a process by looks from time to time.
class IdleWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  IdleWatch(pid_t pid, Time start) : pid_(pid), last_work_(start) {}

  /// How long nothing has been done by now. Zero where the kernel does not tell.
  std::chrono::milliseconds idle(Time now);

 private:
  pid_t pid_;
  Time last_work_;
  ProcessWork seen_;
};

}  // namespace stillage::os
