// SPDX-License-Identifier: MIT
#pragma once
// Keeps what a command prints, in bounded memory: the first and the last kLogPart bytes of it, with a line in
// between that says how much is missing.

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "stillage/cache_provider.h"

namespace stillage::run {

inline constexpr std::size_t kLogPart = 16 << 20;

class LogCapture {
 public:
  explicit LogCapture(std::size_t part = kLogPart) : part_(part) {}

  void add(LogStream stream, std::string_view text);
  /// Everything kept, as chunks in the order of printing.
  std::vector<LogChunk> take();

 private:
  std::size_t part_;
  std::vector<LogChunk> head_;
  std::deque<LogChunk> tail_;
  std::size_t head_bytes_ = 0;
  std::size_t tail_bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace stillage::run
