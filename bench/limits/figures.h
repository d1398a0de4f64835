// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>

namespace stillage::bench {

/// What a piece of work has cost.
struct Figures {
  double wall = 0;  ///< seconds
  double user = 0;
  double system = 0;
  long rss_kb = 0;     ///< of the largest single process
  double machine = 0;  ///< CPU seconds that the whole machine spent meanwhile, in steps of 10 ms
  int status = 0;      ///< exit status of the process, 128 + N if signal N has ended it
};

/// Starts when it is made.
class Clock {
 public:
  Clock();
  /// The costs since then; those of `usage` are CPU and memory of the work itself.
  Figures stop(const rusage& usage) const;

 private:
  double wall_;
  double machine_;
};

/// The costs as a line of JSON, in a file of their own.
void write_figures(const std::string& path, const Figures& figures);

/// What this process has used since `start`.
rusage own_usage_since(const rusage& start);

[[noreturn]] void die(const std::string& what);

}  // namespace stillage::bench
