// SPDX-License-Identifier: MIT
#include "os/process_work.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "os/command.h"
#include "os/process.h"

namespace stillage::os {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// The longest time that a command was seen to do nothing, looked at until it has been idle for a moment, or
/// has ended.
std::chrono::milliseconds longest_idle(const std::string& script) {
  std::optional<IdleWatch> watch;
  std::chrono::milliseconds longest{0};
  const auto done = run_process({.argv = {"sh", "-c", script}, .env = environment()},
                                {.started = [&](ProcessId id) { watch.emplace(id.pid, Clock::now()); },
                                 .output = {},
                                 .may_go_on =
                                     [&] {
                                       longest = std::max(longest, watch->idle(Clock::now()));
                                       return longest < 600ms;
                                     }});
  EXPECT_TRUE(done) << done.error().message;
  return longest;
}

TEST(ProcessWork, WhoWaitsDoesNothing) {
  EXPECT_GE(longest_idle("sleep 30"), 600ms);
  EXPECT_GE(longest_idle("sh -c 'sleep 30; true'; true"), 600ms) << "a child of a child";
}

/// The most that a command was seen to have done, while it ran.
ProcessWork most_work(const std::string& script) {
  pid_t pid = 0;
  ProcessWork most;
  const auto done = run_process({.argv = {"sh", "-c", script}, .env = environment()},
                                {.started = [&](ProcessId id) { pid = id.pid; },
                                 .output = {},
                                 .may_go_on =
                                     [&] {
                                       const auto work = work_of(pid).value_or(ProcessWork());
                                       most.cpu_ticks = std::max(most.cpu_ticks, work.cpu_ticks);
                                       most.bytes = std::max(most.bytes, work.bytes);
                                       return true;
                                     }});
  EXPECT_TRUE(done) << done.error().message;
  return most;
}

TEST(ProcessWork, CountsWhatItAndItsChildrenDo) {
  EXPECT_GE(most_work("i=0; while [ $i -lt 700000 ]; do i=$((i+1)); done").cpu_ticks, 2U);
  const std::string copying = "dd if=/dev/zero of=/dev/null bs=64k count=40000 2>/dev/null";
  EXPECT_GE(most_work("sh -c '" + copying + "; true'; true").bytes, 1'000'000U);
}

TEST(ProcessWork, OfNobodyNothingIsKnown) {
  EXPECT_FALSE(work_of(0));
  EXPECT_TRUE(work_of(::getpid()));
}

}  // namespace
}  // namespace stillage::os
