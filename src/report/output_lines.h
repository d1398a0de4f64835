// SPDX-License-Identifier: MIT
#pragma once
// Turns the chunks that a command prints, which may end anywhere, into whole lines.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "stillage/cache_provider.h"

namespace stillage::report {

/// What one target has printed of lines that have not ended yet, by stream.
class OutputLines {
 public:
  /// The lines that `chunk` completes, without their ends. "\r" within a line starts it anew, as on a
  /// terminal.
  std::vector<std::string> add(const LogChunk& chunk);
  /// What is left when the command has ended: at most one line a stream.
  std::vector<std::string> finish();

 private:
  std::array<std::string, 2> open_;
};

}  // namespace stillage::report
