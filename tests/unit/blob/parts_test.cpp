// SPDX-License-Identifier: MIT
#include "blob/parts.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace stillage::blob {
namespace {

using net::FailureKind;
using net::Outcome;

std::string digits(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>('0' + i % 10);
  return bytes;
}

TEST(SendParts, SendsEachPartOnce) {
  for (const std::size_t size : {0, 1, 9, 10, 11, 95, 100}) {
    const std::string bytes = digits(size);
    net::MemorySource source(bytes);
    std::mutex mutex;
    std::map<std::size_t, std::string> sent;
    const auto count =
        send_parts(source, {.size = 10, .at_once = 3},
                   [&](std::size_t index, std::string_view part, std::stop_token) -> Outcome<void> {
                     const std::lock_guard lock(mutex);
                     EXPECT_TRUE(sent.emplace(index, part).second);
                     return {};
                   },
                   {});
    ASSERT_TRUE(count);
    EXPECT_EQ(*count, std::max<std::size_t>(1, (size + 9) / 10));
    EXPECT_EQ(sent.size(), *count);
    std::string all;
    for (const auto& [index, part] : sent) all += part;
    EXPECT_EQ(all, bytes);
  }
}

TEST(SendParts, SoManyAtOnceAndNoMore) {
  const std::string bytes = digits(200);
  net::MemorySource source(bytes);
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  ASSERT_TRUE(send_parts(source, {.size = 10, .at_once = 4},
                         [&](std::size_t, std::string_view, std::stop_token) -> Outcome<void> {
                           const int with_me = ++now;
                           for (int seen = most;
                                seen < with_me && !most.compare_exchange_weak(seen, with_me);) {
                           }
                           // Each waits for the others as long as a busy machine may need; one too many
                           // would be seen meanwhile.
                           const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
                           do {
                             std::this_thread::sleep_for(std::chrono::milliseconds(5));
                           } while (most < 4 && std::chrono::steady_clock::now() < end);
                           --now;
                           return {};
                         },
                         {}));
  EXPECT_EQ(most, 4);
}

TEST(SendParts, AFailureEndsItAndStopsTheOthers) {
  const std::string bytes = digits(1000);
  net::MemorySource source(bytes);
  std::atomic<int> begun = 0;
  const auto count =
      send_parts(source, {.size = 10, .at_once = 3},
                 [&](std::size_t index, std::string_view, std::stop_token stop) -> Outcome<void> {
                   ++begun;
                   if (index == 0) return net::failure(FailureKind::transient, "busy");
                   while (!stop.stop_requested()) std::this_thread::yield();
                   return net::failure(FailureKind::cancelled, "cancelled");
                 },
                 {});
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().message, "busy");
  EXPECT_LE(begun, 3);
}

TEST(SendParts, TheCallersWishToStopReachesEachPart) {
  const std::string bytes = digits(100);
  net::MemorySource source(bytes);
  std::stop_source stop;
  const auto count = send_parts(
      source, {.size = 10, .at_once = 2},
      [&](std::size_t, std::string_view, std::stop_token token) -> Outcome<void> {
        stop.request_stop();
        // Where the other part asked at the same time, its request is on its way.
        while (!token.stop_requested()) std::this_thread::yield();
        return net::failure(FailureKind::cancelled, "cancelled");
      },
      stop.get_token());
  EXPECT_FALSE(count);
}

TEST(FetchParts, WritesInOrder) {
  const std::string bytes = digits(1003);
  net::MemorySink sink(2000);
  ASSERT_TRUE(sink.begin({}));
  ASSERT_TRUE(
      fetch_parts(3, 1003, {.size = 100, .at_once = 4},
                  [&](std::uint64_t offset, std::uint64_t size, std::stop_token) -> Outcome<std::string> {
                    std::this_thread::sleep_for(std::chrono::milliseconds(offset % 7));
                    return bytes.substr(offset, size);
                  },
                  sink, {}));
  EXPECT_EQ(sink.bytes(), bytes.substr(3));
}

TEST(FetchParts, AFailureOfAPartOrOfTheSinkEndsIt) {
  const auto fetch = [](std::uint64_t offset, std::uint64_t size, std::stop_token) -> Outcome<std::string> {
    if (offset >= 300) return net::failure(FailureKind::transient, "cut off");
    return std::string(size, 'x');
  };
  net::MemorySink sink(2000);
  const auto cut = fetch_parts(0, 1000, {.size = 100, .at_once = 2}, fetch, sink, {});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message, "cut off");
  net::MemorySink small(150);
  const auto full = fetch_parts(0, 300, {.size = 100, .at_once = 2}, fetch, small, {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().what, FailureKind::local);
}

}  // namespace
}  // namespace stillage::blob
