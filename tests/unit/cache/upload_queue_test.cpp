// SPDX-License-Identifier: MIT
#include "cache/upload_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "support/in_time.h"

namespace stillage::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// An upload that goes on until it is cancelled.
bool stall(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(milliseconds(1));
  return false;
}

constexpr UploadWait kPatient = {.longest = seconds(20), .without_progress = seconds(20)};

TEST(UploadQueue, EverythingIsUploadedAndAddWaitsForNothing) {
  UploadQueue queue({.threads = 3});
  std::atomic<int> done = 0;
  std::latch go(1);
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(queue.add(10, [&](const std::stop_token&) {
      go.wait();
      ++done;
      return true;
    }));
  EXPECT_EQ(done, 0);
  EXPECT_EQ(queue.left().entries, 50U);
  EXPECT_EQ(queue.left().bytes, 500U);
  go.count_down();
  const UploadsEnd end = queue.finish(kPatient, {});
  EXPECT_EQ(end.why, WaitEnd::all_done);
  EXPECT_EQ(end.dropped.entries, 0U);
  EXPECT_EQ(done, 50);
  EXPECT_FALSE(queue.add(1, [](const std::stop_token&) { return true; }));
}

TEST(UploadQueue, FewAreInFlightAtATime) {
  UploadQueue queue({.threads = 4, .most_bytes_in_flight = 100});
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  for (int i = 0; i < 40; ++i)
    queue.add(i == 7 ? 1000 : 40, [&](const std::stop_token&) {
      const int now = ++running;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(milliseconds(2));
      --running;
      return true;
    });
  EXPECT_EQ(queue.finish(kPatient, {}).why, WaitEnd::all_done);
  EXPECT_LE(most, 2);  // of 40 bytes each; the one of 1000 goes alone
}

TEST(UploadQueue, WhatDoesNotMoveIsNotWaitedForLong) {
  UploadQueue queue({.threads = 2});
  for (int i = 0; i < 5; ++i) queue.add(100, stall);
  const auto start = steady_clock::now();
  const UploadsEnd end = queue.finish({.longest = seconds(20), .without_progress = milliseconds(150)}, {});
  EXPECT_LT(steady_clock::now() - start, test::in_time(seconds(1)));
  EXPECT_EQ(end.why, WaitEnd::no_progress);
  EXPECT_EQ(end.dropped.entries, 5U);
  EXPECT_EQ(end.dropped.bytes, 500U);
}

TEST(UploadQueue, BytesThatMoveAreProgressUntilTheLongestWaitIsOver) {
  std::atomic<std::uint64_t> sent = 0;
  UploadQueue queue({.threads = 1, .moved = [&] { return sent.load(); }});
  queue.add(100, [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ++sent;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  });
  const auto start = steady_clock::now();
  const UploadsEnd end =
      queue.finish({.longest = milliseconds(3000), .without_progress = milliseconds(2000)}, {});
  EXPECT_GE(steady_clock::now() - start, milliseconds(2990));
  EXPECT_EQ(end.why, WaitEnd::too_long);
  EXPECT_EQ(end.dropped.entries, 1U);
}

TEST(UploadQueue, AStopDropsAtOnce) {
  UploadQueue queue({.threads = 2});
  for (int i = 0; i < 3; ++i) queue.add(100, stall);
  std::stop_source stop;
  std::atomic<int> told = 0;
  const auto start = steady_clock::now();
  const UploadsEnd end = queue.finish(kPatient, stop.get_token(), [&](const UploadsLeft& left) {
    EXPECT_EQ(left.entries, 3U);
    ++told;
    stop.request_stop();
  });
  EXPECT_LT(steady_clock::now() - start, test::in_time(seconds(1)));
  EXPECT_EQ(end.why, WaitEnd::stopped);
  EXPECT_EQ(end.dropped.entries, 3U);
  EXPECT_GE(told, 1);
}

TEST(UploadQueue, WhatEndsAllTheSameIsNotDropped) {
  std::atomic<bool> started = false;
  UploadQueue queue({.threads = 1});
  for (int i = 0; i < 2; ++i)
    queue.add(100, [&](const std::stop_token& stop) {
      started = true;
      (void)stall(stop);
      return true;  // its last byte was on its way
    });
  while (!started) std::this_thread::sleep_for(milliseconds(1));
  const UploadsEnd end = queue.finish({.longest = seconds(20), .without_progress = milliseconds(50)}, {});
  EXPECT_EQ(end.dropped.entries, 1U);
}

TEST(UploadQueue, ItsEndDropsWhatNobodyWaitedFor) {
  std::atomic<int> started = 0;
  {
    UploadQueue queue({.threads = 1});
    for (int i = 0; i < 3; ++i)
      queue.add(1, [&](const std::stop_token& stop) {
        ++started;
        return stall(stop);
      });
    while (started == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(started, 1);
}

}  // namespace
}  // namespace stillage::cache
