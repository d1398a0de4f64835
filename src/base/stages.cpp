// SPDX-License-Identifier: MIT
#include "base/stages.h"

#include <algorithm>
#include <ctime>

namespace stillage::base {

/// All stages in use, in a list that only grows.
struct StageList {
  static std::int64_t ns(Stage::Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }
  static void put(Stage& stage) {
    stage.next_ = head.load(std::memory_order_relaxed);
    while (!head.compare_exchange_weak(stage.next_, &stage, std::memory_order_release)) {
    }
  }
  static std::vector<StageTime> times();

  static std::atomic<Stage*> head;
};

constinit std::atomic<Stage*> StageList::head = nullptr;

namespace {

constinit Stage kLoad("load");

void lower(std::atomic<std::int64_t>& value, std::int64_t to) {
  for (std::int64_t now = value.load(std::memory_order_relaxed);
       to < now && !value.compare_exchange_weak(now, to, std::memory_order_relaxed);) {
  }
}

void raise(std::atomic<std::int64_t>& value, std::int64_t to) {
  for (std::int64_t now = value.load(std::memory_order_relaxed);
       to > now && !value.compare_exchange_weak(now, to, std::memory_order_relaxed);) {
  }
}

}  // namespace

void Stage::add(Clock::time_point from, Clock::time_point to) {
  lower(first_ns_, StageList::ns(from));
  raise(last_ns_, StageList::ns(to));
  busy_ns_.fetch_add(StageList::ns(to) - StageList::ns(from), std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  if (!is_listed_.load(std::memory_order_relaxed) && !is_listed_.exchange(true)) StageList::put(*this);
}

std::vector<StageTime> StageList::times() {
  std::vector<StageTime> result;
  std::int64_t origin = INT64_MAX;
  for (const Stage* stage = head.load(std::memory_order_acquire); stage != nullptr; stage = stage->next_)
    origin = std::min(origin, stage->first_ns_.load(std::memory_order_relaxed));
  const auto seconds = [](std::int64_t time_ns) { return static_cast<double>(time_ns) * 1e-9; };
  for (const Stage* stage = head.load(std::memory_order_acquire); stage != nullptr; stage = stage->next_)
    result.push_back({.name = stage->name_,
                      .start = seconds(stage->first_ns_.load(std::memory_order_relaxed) - origin),
                      .end = seconds(stage->last_ns_.load(std::memory_order_relaxed) - origin),
                      .busy = seconds(stage->busy_ns_.load(std::memory_order_relaxed)),
                      .count = stage->count_.load(std::memory_order_relaxed)});
  std::ranges::stable_sort(result, {}, &StageTime::start);
  return result;
}

void mark_process_start() {
  const auto now = Stage::Clock::now();
  // The time since exec is nowhere to be had finer than in ticks of 10 ms; a process that is being loaded
  // does nothing but work.
  std::timespec worked{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &worked);
  kLoad.add(now - std::chrono::seconds(worked.tv_sec) - std::chrono::nanoseconds(worked.tv_nsec), now);
}

std::vector<StageTime> stage_times() {
  return StageList::times();
}

}  // namespace stillage::base
