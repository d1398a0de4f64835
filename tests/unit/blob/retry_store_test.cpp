// SPDX-License-Identifier: MIT
#include "blob/retry_store.h"

#include <gmock/gmock.h>

#include "support/fake_clock.h"
#include "support/memory_store.h"

namespace stillage::blob {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Retry : public ::testing::Test {
 protected:
  /// The next calls fail so; those after them do not.
  void fail_with(std::vector<Failure> failures) {
    const auto left = std::make_shared<std::deque<Failure>>(failures.begin(), failures.end());
    inner_->before = [left](const std::string&, const std::stop_token&) -> Outcome<void> {
      if (left->empty()) return {};
      Failure next = std::move(left->front());
      left->pop_front();
      return tl::make_unexpected(std::move(next));
    };
  }
  static Failure transient() { return Failure(FailureKind::transient, "busy"); }
  static Failure busy_for(milliseconds time) {
    Failure failure = transient();
    failure.retry_after = time;
    return failure;
  }
  Outcome<PutOutcome> put() {
    net::MemorySource source("bytes");
    return store_.put("key", source, {}, {});
  }

  test::FakeClock clock_;
  std::shared_ptr<test::MemoryStore> inner_ = std::make_shared<test::MemoryStore>();
  double random_ = 1;
  RetryStore store_{inner_, Retrier({}, clock_, [this] { return random_; })};
};

TEST_F(Retry, WhatWorksIsNotTriedAgain) {
  ASSERT_TRUE(put());
  EXPECT_EQ(inner_->calls(), 1);
  EXPECT_THAT(clock_.slept(), IsEmpty());
}

TEST_F(Retry, BacksOffExponentiallyUpToABound) {
  RetryStore patient(inner_, Retrier({.attempts = 8}, clock_, [] { return 1.0; }));
  fail_with(std::vector<Failure>(10, transient()));
  EXPECT_FALSE(patient.contains("key", {}));
  EXPECT_EQ(inner_->calls(), 8);
  EXPECT_THAT(clock_.slept(),
              ElementsAre(milliseconds(200), milliseconds(400), milliseconds(800), milliseconds(1600),
                          milliseconds(3200), milliseconds(5000), milliseconds(5000)));
}

TEST_F(Retry, JitterIsFull) {
  random_ = 0.25;
  fail_with({transient(), transient()});
  ASSERT_TRUE(put());
  EXPECT_THAT(clock_.slept(), ElementsAre(milliseconds(50), milliseconds(100)));
  RetryStore real(inner_, Retrier({}, clock_));
  std::set<std::int64_t> waits;
  for (int i = 0; i < 20; ++i) {
    fail_with({transient()});
    ASSERT_TRUE(real.contains("key", {}));
    waits.insert(clock_.slept().back().count());
    EXPECT_LE(clock_.slept().back(), milliseconds(200));
  }
  EXPECT_GT(waits.size(), 5U);
}

TEST_F(Retry, WaitsAsLongAsItIsAskedTo) {
  fail_with({busy_for(milliseconds(7000)), busy_for(milliseconds(0))});
  ASSERT_TRUE(put());
  EXPECT_THAT(clock_.slept(), ElementsAre(milliseconds(7000), milliseconds(0)));
}

TEST_F(Retry, ButNotForVeryLong) {
  fail_with({busy_for(milliseconds(10'001))});
  EXPECT_FALSE(put());
  EXPECT_THAT(clock_.slept(), IsEmpty());
}

TEST_F(Retry, OnlyWhatIsTransient) {
  for (const FailureKind kind : {FailureKind::unauthorised, FailureKind::not_found, FailureKind::conflict,
                                 FailureKind::too_large, FailureKind::protocol, FailureKind::unsupported,
                                 FailureKind::local, FailureKind::unavailable, FailureKind::cancelled}) {
    fail_with({Failure(kind, "no")});
    const auto outcome = put();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().what, kind);
  }
  EXPECT_THAT(clock_.slept(), IsEmpty());
}

TEST_F(Retry, TimeoutsOnlyWhereTheyMayBe) {
  Failure late = transient();
  late.kind = ErrorKind::timeout;
  fail_with({late, late});
  ASSERT_TRUE(put());
  RetryStore hasty(inner_, Retrier({.after_timeouts = false}, clock_, [] { return 1.0; }));
  fail_with({transient(), late, transient()});
  EXPECT_FALSE(hasty.contains("key", {}));
  EXPECT_EQ(inner_->calls(), 5);
}

TEST_F(Retry, TheSourceIsReadFromItsStartEachTime) {
  fail_with({transient(), transient()});
  ASSERT_TRUE(put());
  EXPECT_EQ(inner_->blobs["key"], "bytes");
}

TEST_F(Retry, TheSinkBeginsAgainEachTime) {
  inner_->blobs["key"] = "0123456789";
  inner_->bytes_before_failure = 4;
  fail_with({transient(), transient()});
  net::MemorySink sink(100);
  const auto found = store_.get("key", sink, {});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(sink.bytes(), "0123456789");
  EXPECT_EQ(inner_->calls(), 3);
}

TEST_F(Retry, TheLastFailureIsTheOneReported) {
  fail_with(
      {transient(), transient(), transient(), Failure(FailureKind::transient, "the last one"), transient()});
  const auto outcome = put();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "the last one");
  EXPECT_EQ(inner_->calls(), 4);
}

TEST_F(Retry, StopsWaitingWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  fail_with({transient(), transient()});
  const auto outcome = store_.contains("key", stop.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().what, FailureKind::cancelled);
  EXPECT_EQ(inner_->calls(), 1);
}

TEST_F(Retry, AListIsNotTriedAgainOnceABlobHasBeenVisited) {
  fail_with({transient()});
  int visits = 0;
  const auto visit = [&](const ListedBlob&) -> Outcome<void> {
    ++visits;
    return {};
  };
  EXPECT_TRUE(store_.list("", visit, {}));
  EXPECT_EQ(inner_->calls(), 2);
  inner_->blobs["key"] = "";
  fail_with({transient()});
  EXPECT_FALSE(store_.list("", visit, {}));
  EXPECT_EQ(visits, 1);
}

TEST_F(Retry, EveryVerbIsTriedAgain) {
  net::MemorySink sink(100);
  fail_with({transient()});
  EXPECT_TRUE(store_.get("none", sink, {}));
  fail_with({transient()});
  EXPECT_TRUE(store_.remove("none", {}));
  fail_with({transient()});
  EXPECT_TRUE(store_.contains("none", {}));
}

}  // namespace
}  // namespace stillage::blob
