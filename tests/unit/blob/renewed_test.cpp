// SPDX-License-Identifier: MIT
#include "blob/renewed.h"

#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace stillage::blob {
namespace {

using namespace std::chrono_literals;

class RenewedTest : public ::testing::Test {
 protected:
  Renewed<std::string> kept_{[this](std::stop_token) -> net::Outcome<Dated<std::string>> {
                               ++asked_;
                               if (failure_) return tl::make_unexpected(*failure_);
                               return Dated<std::string>{"token " + std::to_string(asked_), now_ + life_};
                             },
                             [this] { return now_; }};
  std::string get() {
    const auto token = kept_.get({});
    return token ? *token : token.error().message;
  }

  WallTime now_ = WallTime(1'000'000h);
  std::chrono::seconds life_ = 1h;
  int asked_ = 0;
  std::optional<net::Failure> failure_;
};

TEST_F(RenewedTest, IsKeptUntilShortlyBeforeItsEnd) {
  EXPECT_EQ(get(), "token 1");
  now_ += 54min;
  EXPECT_EQ(get(), "token 1");
  now_ += 2min;
  EXPECT_EQ(get(), "token 2");
  // One that does not last long is used for half of its time.
  life_ = 60s;
  now_ += 1h;
  EXPECT_EQ(get(), "token 3");
  now_ += 29s;
  EXPECT_EQ(get(), "token 3");
  now_ += 2s;
  EXPECT_EQ(get(), "token 4");
}

TEST_F(RenewedTest, AFailedRenewalCostsNothingWhileTheOldOneIsValid) {
  EXPECT_EQ(get(), "token 1");
  failure_ = net::Failure(net::FailureKind::transient, "busy");
  now_ += 56min;
  EXPECT_EQ(get(), "token 1");
  EXPECT_EQ(get(), "token 1");
  EXPECT_EQ(asked_, 2);
  now_ += 11s;
  EXPECT_EQ(get(), "token 1");
  EXPECT_EQ(asked_, 3);
  now_ += 5min;
  EXPECT_EQ(get(), "busy");
  failure_.reset();
  EXPECT_EQ(get(), "busy");  // nobody is stormed
  now_ += 11s;
  EXPECT_EQ(get(), "token 5");
}

TEST_F(RenewedTest, ARefusalRenewsOnceInAWhile) {
  EXPECT_EQ(get(), "token 1");
  EXPECT_TRUE(kept_.refused("token 1"));
  EXPECT_EQ(get(), "token 2");
  EXPECT_TRUE(kept_.refused("token 1"));  // somebody else has renewed it meanwhile
  EXPECT_EQ(get(), "token 2");
  EXPECT_FALSE(kept_.refused("token 2"));
  EXPECT_EQ(get(), "token 2");
  now_ += 61s;
  EXPECT_TRUE(kept_.refused("token 2"));
  EXPECT_EQ(get(), "token 3");
}

TEST(RenewedThreads, OneAsksAndTheOthersWait) {
  std::atomic<int> asked = 0;
  Renewed<std::string> kept([&asked](std::stop_token) -> net::Outcome<Dated<std::string>> {
    ++asked;
    std::this_thread::sleep_for(50ms);
    return Dated<std::string>{"token", {}};
  });
  std::atomic<int> got = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&] { got += kept.get(std::stop_token()).value_or("") == "token"; });
  }
  EXPECT_EQ(got, 20);
  EXPECT_EQ(asked, 1);
}

TEST(RenewedThreads, WhoIsCancelledDoesNotTakeTheOthersAlong) {
  std::atomic<int> asked = 0;
  Renewed<std::string> kept([&asked](const std::stop_token& stop) -> net::Outcome<Dated<std::string>> {
    if (asked++ > 0) return Dated<std::string>{"token", {}};
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return net::failure(net::FailureKind::cancelled, "cancelled");
  });
  std::stop_source first;
  std::stop_source second;
  std::jthread leader(
      [&] { EXPECT_EQ(kept.get(first.get_token()).error().what, net::FailureKind::cancelled); });
  while (asked == 0) std::this_thread::sleep_for(1ms);
  std::jthread waiter([&] { EXPECT_EQ(kept.get(std::stop_token()).value_or(""), "token"); });
  std::jthread leaver(
      [&] { EXPECT_EQ(kept.get(second.get_token()).error().what, net::FailureKind::cancelled); });
  second.request_stop();
  leaver.join();
  first.request_stop();
}

}  // namespace
}  // namespace stillage::blob
