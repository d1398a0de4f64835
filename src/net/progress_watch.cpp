// SPDX-License-Identifier: MIT
#include "net/progress_watch.h"

#include <fmt/format.h>

namespace stillage::net {
namespace {

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string ProgressWatch::late(Time now, const State& state) {
  if (state.moved != moved_) {
    moved_ = state.moved;
    last_moved_ = now;
  }
  // Time in which the other side could not get on does not count.
  const auto passed = now - looked_;
  looked_ = now;
  if (state.waits_for_us) {
    last_moved_ = now;
    window_start_ += passed;
    return {};
  }
  if (state.sent_all) {
    window_start_ += passed;
    if (now - last_moved_ < deadlines_.answer) return {};
    return fmt::format("no answer within {:g} s", seconds(deadlines_.answer));
  }
  if (now - last_moved_ >= deadlines_.stall)
    return fmt::format("nothing has moved for {:g} s", seconds(deadlines_.stall));
  if (now - window_start_ < deadlines_.slow_window) return {};
  const std::uint64_t in_window = moved_ - moved_before_window_;
  if (in_window < deadlines_.slow_bytes)
    return fmt::format("only {} bytes in {:g} s", in_window, seconds(now - window_start_));
  window_start_ = now;
  moved_before_window_ = moved_;
  return {};
}

}  // namespace stillage::net
