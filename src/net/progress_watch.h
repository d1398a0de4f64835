// SPDX-License-Identifier: MIT
#pragma once
// Tells when a transfer has stopped getting on, or gets on too slowly to wait for: pure, by times that the
// caller gives. See HttpDeadlines for what may take how long.

#include <chrono>
#include <cstdint>
#include <string>

#include "net/http_message.h"

namespace stillage::net {

class ProgressWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct State {
    std::uint64_t moved = 0;    ///< bytes in both directions since the start
    bool sent_all = false;      ///< the request is with the server, which has not begun to answer
    bool waits_for_us = false;  ///< for our source or sink
  };

  ProgressWatch(const HttpDeadlines& deadlines, Time start)
      : deadlines_(deadlines), looked_(start), last_moved_(start), window_start_(start) {}

  /// What is late now, as a sentence, or "". To be asked every now and then, at least a few times in each of
  /// the deadlines.
  std::string late(Time now, const State& state);

 private:
  HttpDeadlines deadlines_;
  Time looked_;
  Time last_moved_;
  Time window_start_;
  std::uint64_t moved_ = 0;
  std::uint64_t moved_before_window_ = 0;
};

}  // namespace stillage::net
