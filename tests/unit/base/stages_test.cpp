// SPDX-License-Identifier: MIT
#include "base/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace stillage::base {
namespace {

using std::chrono::milliseconds;

[[maybe_unused]] constinit Stage kUnused("unused");
constinit Stage kCounted("counted");
constinit Stage kShared("shared");
constinit Stage kTimed("timed");

std::optional<StageTime> time_of(const std::string& name) {
  const auto times = stage_times();
  const auto found = std::ranges::find(times, name, &StageTime::name);
  return found == times.end() ? std::nullopt : std::optional(*found);
}

TEST(Stages, AddsUpPiecesAndKeepsTheFirstStartAndTheLastEnd) {
  const auto start = Stage::Clock::now();
  kCounted.add(start + milliseconds(4000), start + milliseconds(7000));
  kCounted.add(start + milliseconds(5000), start + milliseconds(6000));
  kCounted.add(start + milliseconds(1000), start + milliseconds(2000));
  const auto time = time_of("counted");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->count, 3U);
  EXPECT_NEAR(time->busy, 5, 1e-6);
  EXPECT_NEAR(time->end - time->start, 6, 1e-6);
}

TEST(Stages, OneThatWasNeverWorkedAtIsNotTold) {
  EXPECT_FALSE(time_of(std::string("unused")));
  EXPECT_TRUE(std::ranges::is_sorted(stage_times(), {}, &StageTime::start));
}

TEST(Stages, ThreadsMayWorkAtTheSame) {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 1000; ++i) const StageTimer timer(kShared);
      });
  }
  EXPECT_EQ(time_of("shared")->count, 4000U);
}

TEST(Stages, ATimerThatWasEndedAddsNothingMore) {
  {
    StageTimer timer(kTimed);
    timer.end();
  }
  EXPECT_EQ(time_of("timed")->count, 1U);
}

}  // namespace
}  // namespace stillage::base
