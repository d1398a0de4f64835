// SPDX-License-Identifier: MIT
#include "blob/breaker_store.h"

#include <gmock/gmock.h>

#include <thread>

#include "blob/retry_store.h"
#include "support/fake_clock.h"
#include "support/log_recorder.h"
#include "support/memory_store.h"

namespace stillage::blob {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Breaker : public ::testing::Test {
 protected:
  void works() { inner_->before = nullptr; }
  /// Every call takes `time` and fails so.
  void fails(FailureKind kind, milliseconds time = milliseconds(1), std::string only_verb = "") {
    inner_->before = [this, kind, time, only_verb](const std::string& verb,
                                                   const std::stop_token&) -> Outcome<void> {
      if (!only_verb.empty() && verb != only_verb) return {};
      clock_.advance(time);
      return net::failure(kind, "the reason");
    };
  }
  FailureKind look() { return what(store_.contains("key", {})); }
  FailureKind put() {
    net::MemorySource source("bytes");
    return what(store_.put("key", source, {}, {}));
  }
  template <class T>
  static FailureKind what(const Outcome<T>& outcome) {
    return outcome ? kSuccess : outcome.error().what;
  }
  static constexpr FailureKind kSuccess{-1};

  test::LogRecorder log_;
  test::FakeClock clock_;
  std::shared_ptr<test::MemoryStore> inner_ = std::make_shared<test::MemoryStore>();
  BreakerStore store_{inner_, {}, clock_};
};

TEST_F(Breaker, GivesUpAfterThreeFailuresInARowWithOneWarning) {
  fails(FailureKind::transient);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(look(), FailureKind::transient);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(look(), FailureKind::unavailable);
  EXPECT_EQ(inner_->calls(), 3);
  EXPECT_TRUE(store_.is_open());
  EXPECT_THAT(log_.warnings(), ElementsAre(AllOf(HasSubstr("the test's cache"), HasSubstr("the reason"),
                                                 HasSubstr("check that it can be reached"))));
}

TEST_F(Breaker, AnAnswerStartsTheCountAgain) {
  for (int i = 0; i < 20; ++i) {
    fails(FailureKind::transient);
    look();
    look();
    works();
    EXPECT_EQ(look(), kSuccess);
  }
  EXPECT_THAT(log_.warnings(), IsEmpty());
}

TEST_F(Breaker, ConflictsAndTheLikeAreAnswersAndOurOwnTroubleSaysNothing) {
  for (const FailureKind kind : {FailureKind::not_found, FailureKind::conflict, FailureKind::too_large,
                                 FailureKind::unsupported, FailureKind::local, FailureKind::cancelled}) {
    fails(kind);
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(look(), kind == FailureKind::cancelled ? FailureKind::unavailable : kind);
  }
  EXPECT_FALSE(store_.is_open());
  fails(FailureKind::transient);
  look();
  look();
  fails(FailureKind::local);
  look();
  fails(FailureKind::transient);
  look();
  EXPECT_TRUE(store_.is_open());
}

TEST_F(Breaker, FourSecondsOfNothingButFailuresAreEnough) {
  fails(FailureKind::transient, milliseconds(2000));
  look();
  EXPECT_FALSE(store_.is_open());
  look();
  EXPECT_TRUE(store_.is_open());
  EXPECT_EQ(inner_->calls(), 2);
}

TEST_F(Breaker, TimeBeforeTheLastAnswerDoesNotCount) {
  // A call that fails after a long time, in which another one got its answer.
  inner_->before = [this](const std::string& verb, const std::stop_token&) -> Outcome<void> {
    if (verb == "get") return {};
    clock_.advance(milliseconds(60'000));
    net::MemorySink sink(10);
    EXPECT_TRUE(store_.get("key", sink, {}));
    return net::failure(FailureKind::transient, "the reason");
  };
  look();
  EXPECT_FALSE(store_.is_open());
}

// What the whole chain costs when nothing answers: 50 look-ups, each of which would wait for 2 s.
TEST_F(Breaker, ABlackHoleCostsAtMostFiveSecondsWithRetries) {
  fails(FailureKind::transient, milliseconds(2000));
  const auto breaker = std::make_shared<BreakerStore>(inner_, BreakerOptions{}, clock_);
  RetryStore store(breaker, Retrier({}, clock_, [] { return 1.0; }));
  const auto began = clock_.now();
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(store.contains("key", {}));
  net::MemorySource source("bytes");
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(store.put("key", source, {}, {}));
  EXPECT_LE(clock_.now() - began, milliseconds(5000));
  EXPECT_EQ(log_.warnings().size(), 1U);
}

// However long the build takes: what has kept it waiting is not asked again.
TEST_F(Breaker, ABlackHoleCostsALongBuildAtMostFiveSeconds) {
  for (const int look_up_takes : {2000, 4000}) {
    fails(FailureKind::transient, milliseconds(look_up_takes));
    const auto breaker = std::make_shared<BreakerStore>(inner_, BreakerOptions{}, clock_);
    RetryStore store(breaker, Retrier({}, clock_, [] { return 1.0; }));
    const auto began = clock_.now();
    constexpr milliseconds kTarget{10'000};
    for (int i = 0; i < 50; ++i) {
      EXPECT_FALSE(store.contains("key", {}));
      clock_.advance(kTarget);
      net::MemorySource source("bytes");
      EXPECT_FALSE(store.put("key", source, {}, {}));
    }
    EXPECT_LE(clock_.now() - began - 50 * kTarget, milliseconds(5000)) << look_up_takes;
  }
}

// A server that said so at once and is back does its work again; one whose probe hangs has had its chance.
TEST_F(Breaker, AProbeThatHangsIsTheLast) {
  fails(FailureKind::transient);
  for (int i = 0; i < 3; ++i) look();
  fails(FailureKind::transient, milliseconds(4000));
  clock_.advance(milliseconds(31'000));
  EXPECT_EQ(look(), FailureKind::transient);
  works();
  clock_.advance(milliseconds(600'000));
  EXPECT_EQ(look(), FailureKind::unavailable);
  EXPECT_EQ(inner_->calls(), 4);
}

TEST_F(Breaker, ComesBackAfterAProbe) {
  fails(FailureKind::transient);
  for (int i = 0; i < 3; ++i) look();
  clock_.advance(milliseconds(29'000));
  EXPECT_EQ(look(), FailureKind::unavailable);
  clock_.advance(milliseconds(2'000));
  EXPECT_EQ(look(), FailureKind::transient);
  EXPECT_EQ(look(), FailureKind::unavailable);
  clock_.advance(milliseconds(31'000));
  works();
  EXPECT_EQ(look(), kSuccess);
  EXPECT_EQ(look(), kSuccess);
  EXPECT_EQ(put(), kSuccess);
  EXPECT_FALSE(store_.is_open());
  fails(FailureKind::transient);
  for (int i = 0; i < 5; ++i) look();
  EXPECT_EQ(log_.warnings().size(), 1U);
}

TEST_F(Breaker, OneProbeAtATime) {
  fails(FailureKind::transient);
  for (int i = 0; i < 3; ++i) look();
  clock_.advance(milliseconds(31'000));
  inner_->before = [this](const std::string&, const std::stop_token&) -> Outcome<void> {
    EXPECT_EQ(look(), FailureKind::unavailable);
    return {};
  };
  EXPECT_EQ(look(), kSuccess);
  works();
  EXPECT_EQ(look(), kSuccess);
}

TEST_F(Breaker, WhatMayNotBeWrittenMayStillBeRead) {
  fails(FailureKind::unauthorised, milliseconds(1), "put");
  for (int i = 0; i < 10; ++i) {
    put();
    EXPECT_EQ(look(), kSuccess);
  }
  EXPECT_EQ(put(), FailureKind::unavailable);
  EXPECT_THAT(log_.warnings(), ElementsAre(HasSubstr("check its credentials")));
}

TEST_F(Breaker, WhatCannotBeReadIsNotWrittenToEither) {
  fails(FailureKind::protocol);
  for (int i = 0; i < 3; ++i) look();
  EXPECT_EQ(put(), FailureKind::unavailable);
  EXPECT_THAT(log_.warnings(), ElementsAre(HasSubstr("check that its URL")));
}

TEST_F(Breaker, CallsAtWorkAreCancelledWhenItGivesUp) {
  std::atomic<bool> waiting = false;
  inner_->before = [&](const std::string& verb, const std::stop_token& stop) -> Outcome<void> {
    if (verb == "contains") return net::failure(FailureKind::transient, "the reason");
    waiting = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    return net::failure(FailureKind::cancelled, "cancelled");
  };
  FailureKind of_put = kSuccess;
  {
    const std::jthread writer([&] { of_put = put(); });
    while (!waiting) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) look();
  }
  EXPECT_EQ(of_put, FailureKind::unavailable);
}

TEST_F(Breaker, TheCallersOwnCancellingStaysThat) {
  std::stop_source stop;
  stop.request_stop();
  inner_->before = [](const std::string&, const std::stop_token& token) -> Outcome<void> {
    EXPECT_TRUE(token.stop_requested());
    return net::failure(FailureKind::cancelled, "cancelled");
  };
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(what(store_.contains("key", stop.get_token())), FailureKind::cancelled);
  EXPECT_FALSE(store_.is_open());
}

TEST_F(Breaker, EveryVerbIsGuarded) {
  fails(FailureKind::transient);
  for (int i = 0; i < 3; ++i) look();
  net::MemorySink sink(10);
  EXPECT_EQ(what(store_.get("key", sink, {})), FailureKind::unavailable);
  EXPECT_EQ(what(store_.remove("key", {})), FailureKind::unavailable);
  EXPECT_EQ(what(store_.list("", [](const ListedBlob&) -> Outcome<void> { return {}; }, {})),
            FailureKind::unavailable);
  EXPECT_EQ(put(), FailureKind::unavailable);
}

}  // namespace
}  // namespace stillage::blob
