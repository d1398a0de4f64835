// SPDX-License-Identifier: MIT
#pragma once
// Where the time of a process goes: stages, each of which may happen many times and on many threads at once.
// Cheap enough to be always on: a timer costs two looks at the clock and a few atomic additions.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stillage::base {

/// One kind of work. Made once for the whole process, as `constinit base::Stage kWalk("walk");`; it must
/// never be destroyed. Counts from its first use.
class Stage {
 public:
  using Clock = std::chrono::steady_clock;

  /// `name` must be a literal.
  explicit constexpr Stage(const char* name) : name_(name) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Says that it was worked at meanwhile.
  void add(Clock::time_point from, Clock::time_point to);

 private:
  friend struct StageList;

  const char* name_;
  std::atomic<bool> is_listed_ = false;
  std::atomic<std::int64_t> first_ns_ = INT64_MAX, last_ns_ = INT64_MIN, busy_ns_ = 0;
  std::atomic<std::uint64_t> count_ = 0;
  Stage* next_ = nullptr;
};

/// Times one piece of a stage, from its making to end() or its own end.
class StageTimer {
 public:
  explicit StageTimer(Stage& stage) : stage_(&stage) {}
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;
  ~StageTimer() { end(); }

  void end() {
    if (stage_ != nullptr) stage_->add(start_, Stage::Clock::now());
    stage_ = nullptr;
  }

 private:
  Stage* stage_;
  Stage::Clock::time_point start_ = Stage::Clock::now();
};

/// What is known of one stage. Times are in seconds since the process started.
struct StageTime {
  std::string name;
  double start = 0;  ///< of its first piece
  double end = 0;    ///< of its last piece so far
  double busy = 0;   ///< the sum over all pieces, which may overlap
  std::uint64_t count = 0;
};

/// To be called once, first thing in main(): from here, times count from the start of the process, and what
/// the system took to load it is the stage "load".
void mark_process_start();

/// All stages that have been worked at, by their start.
std::vector<StageTime> stage_times();

}  // namespace stillage::base
