// SPDX-License-Identifier: MIT
#include "net/progress_watch.h"

#include <gmock/gmock.h>

namespace stillage::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Watch : public ::testing::Test {
 protected:
  /// Asks every 100 ms for `time`, with `per_second` more bytes each second; the first complaint ends it.
  std::string go(milliseconds time, std::uint64_t per_second, bool sent_all = false,
                 bool waits_for_us = false) {
    const auto end = now_ + time;
    while (now_ < end) {
      now_ += milliseconds(100);
      bytes_ += static_cast<double>(per_second) / 10;
      std::string late = watch_.late(
          now_,
          {.moved = static_cast<std::uint64_t>(bytes_), .sent_all = sent_all, .waits_for_us = waits_for_us});
      if (!late.empty()) return late;
    }
    return {};
  }

  ProgressWatch::Time start_{std::chrono::hours(1)};
  ProgressWatch::Time now_ = start_;
  double bytes_ = 0;
  ProgressWatch watch_{{}, start_};
};

TEST_F(Watch, WhatMovesMayTakeForEver) {
  EXPECT_THAT(go(std::chrono::hours(2), 2000), IsEmpty());
}

TEST_F(Watch, AStallIsLateAfterFourSeconds) {
  EXPECT_THAT(go(milliseconds(10'000), 100'000), IsEmpty());
  EXPECT_THAT(go(milliseconds(3'900), 0), IsEmpty());
  EXPECT_THAT(go(milliseconds(200), 0), HasSubstr("nothing has moved for 4 s"));
}

TEST_F(Watch, ATrickleIsLateAfterItsWindow) {
  EXPECT_THAT(go(milliseconds(14'900), 10), IsEmpty());
  EXPECT_THAT(go(milliseconds(200), 10), HasSubstr("only 15"));
}

TEST_F(Watch, AFastStartDoesNotExcuseATrickle) {
  EXPECT_THAT(go(milliseconds(15'000), 1'000'000), IsEmpty());
  EXPECT_THAT(go(milliseconds(16'000), 10), HasSubstr("only"));
}

TEST_F(Watch, TheAnswerToAWholeRequestMayTakeLonger) {
  EXPECT_THAT(go(milliseconds(2'000), 100'000), IsEmpty());
  EXPECT_THAT(go(milliseconds(29'800), 0, true), IsEmpty());
  EXPECT_THAT(go(milliseconds(300), 0, true), HasSubstr("no answer within 30 s"));
}

TEST_F(Watch, OurOwnSlownessDoesNotCount) {
  EXPECT_THAT(go(milliseconds(14'000), 100'000), IsEmpty());
  EXPECT_THAT(go(std::chrono::hours(1), 0, false, true), IsEmpty());
  EXPECT_THAT(go(milliseconds(3'900), 0), IsEmpty());
  EXPECT_THAT(go(milliseconds(14'000), 2'000), IsEmpty());
}

}  // namespace
}  // namespace stillage::net
