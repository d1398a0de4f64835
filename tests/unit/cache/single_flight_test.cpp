// SPDX-License-Identifier: MIT
#include "cache/single_flight.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "support/in_time.h"
#include "support/temp_dir.h"

namespace stillage::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(SingleFlight, ThreadsTakeTurnsForOneKeyAndOnlyForOne) {
  SingleFlight flights("");
  std::atomic<int> inside = 0;
  std::atomic<int> waited = 0;
  {
    const auto other = flights.take("other", {});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 50; ++round) {
          const auto turn = flights.take("key", {});
          if (turn.waited()) ++waited;
          EXPECT_EQ(++inside, 1);
          std::this_thread::sleep_for(std::chrono::microseconds(50));
          --inside;
        }
      });
  }
  EXPECT_GT(waited, 0);
}

TEST(SingleFlight, WhoIsFirstHasNotWaited) {
  const test::TempDir dir;
  SingleFlight flights(dir / "lock");
  EXPECT_FALSE(flights.take("key", {}).waited());
  EXPECT_FALSE(flights.take("key", {}).waited());
}

TEST(SingleFlight, NobodyWaitsForEver) {
  SingleFlight flights("", milliseconds(100));
  const auto first = flights.take("key", {});
  const auto start = steady_clock::now();
  const auto second = flights.take("key", {});
  EXPECT_TRUE(second.waited());
  EXPECT_GE(steady_clock::now() - start, milliseconds(90));
  EXPECT_LT(steady_clock::now() - start, test::in_time(seconds(1)));
}

TEST(SingleFlight, AStopEndsTheWait) {
  const test::TempDir dir;
  SingleFlight flights(dir / "lock");
  SingleFlight of_another_process(dir / "lock");
  const auto first = of_another_process.take("key", {});
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const auto start = steady_clock::now();
  EXPECT_TRUE(flights.take("key", stop.get_token()).waited());
  EXPECT_LT(steady_clock::now() - start, test::in_time(seconds(1)));
}

TEST(SingleFlight, ProcessesTakeTurns) {
  const test::TempDir dir;
  std::array<int, 2> ready{};
  std::array<int, 2> go{};
  ASSERT_EQ(::pipe(ready.data()) + ::pipe(go.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SingleFlight flights(dir / "lock");
    const auto turn = flights.take("key", {});
    char byte = 'r';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(go[0], &byte, 1);
    ::_exit(0);  // without letting go: its end does
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  SingleFlight flights(dir / "lock");
  EXPECT_FALSE(flights.take("another key", {}).waited());
  std::atomic<bool> taken = false;
  std::jthread waiting([&] {
    const auto turn = flights.take("key", {});
    EXPECT_TRUE(turn.waited());
    taken = true;
  });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(taken);
  ASSERT_EQ(::write(go[1], &byte, 1), 1);
  waiting.join();
  EXPECT_TRUE(taken);
  ::waitpid(child, nullptr, 0);
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
}

}  // namespace
}  // namespace stillage::cache
