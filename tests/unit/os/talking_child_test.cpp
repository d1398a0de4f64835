// SPDX-License-Identifier: MIT
#include "os/talking_child.h"

#include <gmock/gmock.h>

namespace stillage::os {
namespace {

using namespace std::chrono_literals;

Result<TalkingChild> shell(const std::string& script) {
  return TalkingChild::start(
      {.argv = {"sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin", "GREETING=hello"}, .dir = "/"});
}

TEST(TalkingChild, AnswersLineByLine) {
  auto child = shell("pwd >&3; while read -r line <&4; do echo \"$GREETING $line\" >&3; done");
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(child->answer(10s).value(), "/");
  for (const char* const name : {"a", "b c"}) ASSERT_TRUE(child->ask(name));
  EXPECT_EQ(child->answer(10s).value(), "hello a");
  EXPECT_EQ(child->answer(10s).value(), "hello b c");
}

TEST(TalkingChild, StandardInputIsEmptyAndStandardOutputIsNoAnswer) {
  auto child = shell("echo noise; wc -c >&3");
  ASSERT_TRUE(child);
  EXPECT_EQ(child->answer(10s).value(), "0");
}

TEST(TalkingChild, LongAnswersArriveAndTooLongOnesAreErrors) {
  auto child = shell("head -c 300000 /dev/zero | tr '\\0' x >&3; echo >&3");
  ASSERT_TRUE(child);
  EXPECT_EQ(child->answer(10s).value(), std::string(300000, 'x'));
  auto bounded = TalkingChild::start({.argv = {"sh", "-c", "cat /dev/zero >&3"},
                                      .environment = {"PATH=/usr/bin:/bin"},
                                      .dir = "",
                                      .longest_answer = 100000});
  ASSERT_TRUE(bounded);
  EXPECT_EQ(bounded->answer(10s).error().kind, ErrorKind::invalid);
}

TEST(TalkingChild, SilenceAndDeathAreErrors) {
  auto silent = shell("exec sleep 60");
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->answer(50ms).error().kind, ErrorKind::timeout);
  auto dying = shell("printf half >&3");
  ASSERT_TRUE(dying);
  EXPECT_EQ(dying->answer(10s).error().kind, ErrorKind::io);
  Status asked = dying->ask("x");
  for (int i = 0; i < 100 && asked; ++i) asked = dying->ask(std::string(10000, 'x'));
  EXPECT_FALSE(asked) << "an error, not a signal";
  EXPECT_FALSE(TalkingChild::start({.argv = {"no-such-program-anywhere"}, .environment = {}, .dir = ""}));
}

TEST(TalkingChild, MovingOneLeavesNothingBehind) {
  auto first = shell("echo first >&3; exec sleep 60");
  auto second = shell("echo second >&3; exec sleep 60");
  ASSERT_TRUE(first && second);
  *first = std::move(*second);
  EXPECT_EQ(first->answer(10s).value(), "second");
  EXPECT_EQ(second->answer(10s).value(), "first") << "they were exchanged, and both end with their objects";
}

}  // namespace
}  // namespace stillage::os
