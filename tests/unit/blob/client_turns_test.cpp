// SPDX-License-Identifier: MIT
#include "blob/client_turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace stillage::blob {
namespace {

using namespace std::chrono_literals;

TEST(ClientTurns, OneAloneUntilTheRemoteHasAnsweredThenAFew) {
  ClientTurns turns(2);
  auto first = turns.take({});
  ASSERT_TRUE(first);
  auto second = std::async(std::launch::async, [&] { return turns.take({}); });
  EXPECT_EQ(second.wait_for(50ms), std::future_status::timeout);
  first->answered();
  auto taken = second.get();
  ASSERT_TRUE(taken);
  auto third = std::async(std::launch::async, [&] { return turns.take({}); });
  EXPECT_EQ(third.wait_for(50ms), std::future_status::timeout);
  taken.reset();
  EXPECT_TRUE(third.get());
}

TEST(ClientTurns, WhoIsAskedToStopWaitsNoLonger) {
  ClientTurns turns(1);
  const auto first = turns.take({});
  ASSERT_TRUE(first);
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] { return turns.take(stop.get_token()); });
  stop.request_stop();
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE(turns.take(stop.get_token()));
}

TEST(ClientTurns, ManyThreadsNeverHaveMoreThanTheirShare) {
  ClientTurns turns(3);
  std::atomic<int> at_work = 0;
  std::atomic<int> most = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        auto turn = turns.take({});
        const int now = ++at_work;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        turn->answered();
        --at_work;
      }
    });
  threads.clear();
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
}

}  // namespace
}  // namespace stillage::blob
