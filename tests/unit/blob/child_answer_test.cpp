// SPDX-License-Identifier: MIT
#include "blob/child_answer.h"

#include <gmock/gmock.h>

namespace stillage::blob {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

net::Outcome<ChildAnswer> ask_shell(const std::string& script, std::chrono::milliseconds deadline = 20s,
                                    const std::stop_token& stop = {}) {
  return ask_child({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin", "WORD=spoken"}, deadline, stop);
}

TEST(ChildAnswer, IsWhatItSays) {
  const auto answer = ask_shell("echo $WORD; echo loudly >&2; pwd; cat; exit 3");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->out, "spoken\n/\n");
  EXPECT_EQ(answer->err, "loudly\n");
  EXPECT_EQ(answer->exit_code, 3);
  EXPECT_FALSE(ask_child({"/nowhere/az"}, {}, 1s, {}));
}

TEST(ChildAnswer, ComesInTimeOrNotAtAll) {
  const auto began = std::chrono::steady_clock::now();
  const auto late = ask_shell("sleep 60", 200ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().what, net::FailureKind::transient);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ask_shell("sleep 60", 20s, stop.get_token()).error().what, net::FailureKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST(ChildAnswer, IsBounded) {
  const auto endless = ask_shell("yes s3cret");
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().what, net::FailureKind::protocol);
  EXPECT_THAT(endless.error().message, Not(HasSubstr("s3cret")));
  const auto errors = ask_shell("head -c 3000000 /dev/zero >&2");
  ASSERT_TRUE(errors);
  EXPECT_EQ(errors->err.size(), 16U << 10);
}

}  // namespace
}  // namespace stillage::blob
