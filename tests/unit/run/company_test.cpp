// SPDX-License-Identifier: MIT
// Other runs of the same checkout: locks, and what is left of runs that were killed.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "memory_cache.h"
#include "os/dir.h"
#include "run/running_scripts.h"
#include "run/target_locks.h"
#include "run_fixture.h"

namespace stillage::run {
namespace {

using testing::HasSubstr;

const std::stop_token kNoStop;

TEST(TargetLocks, ATargetIsHeldByOneRunAtATime) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  TargetLocks two = *TargetLocks::open(dir.path());
  {
    auto held = one.acquire("a", kNoStop, [] {});
    ASSERT_TRUE(held);
    EXPECT_FALSE(held->waited);
    EXPECT_FALSE(*two.try_acquire("a"));
    EXPECT_TRUE(*two.try_acquire("b"));
  }
  EXPECT_TRUE(*two.try_acquire("a"));
}

TEST(TargetLocks, AWaiterIsToldAndThenGetsIt) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  TargetLocks two = *TargetLocks::open(dir.path());
  auto held = std::make_optional(*one.try_acquire("a"));
  std::atomic<int> told = 0;
  std::jthread releaser([&] {
    while (told == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    held.reset();
  });
  const auto acquired = two.acquire("a", kNoStop, [&] { ++told; });
  ASSERT_TRUE(acquired);
  EXPECT_TRUE(acquired->waited);
  EXPECT_EQ(told, 1);
}

TEST(TargetLocks, WaitingEndsWhenTheRunIsStopped) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  TargetLocks two = *TargetLocks::open(dir.path());
  const auto held = one.try_acquire("a");
  std::stop_source source;
  source.request_stop();
  const auto acquired = two.acquire("a", source.get_token(), [] {});
  ASSERT_FALSE(acquired);
  EXPECT_EQ(acquired.error().kind, ErrorKind::cancelled);
}

TEST(TargetLocks, RunsSeeEachOther) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  EXPECT_FALSE(one.others_seen());
  const TargetLocks two = *TargetLocks::open(dir.path());
  EXPECT_TRUE(two.others_seen());
  const auto held = one.acquire("a", kNoStop, [] {});
  EXPECT_TRUE(one.others_seen());
}

/// A run in a process of its own, which is then killed while its script goes on.
class KilledRun : public test::RunTest {
 protected:
  void SetUp() override {
    before_ = base::set_log_sink(
        [this](base::LogLevel, std::string_view message) { warnings_ += std::string(message) + "\n"; });
  }
  void TearDown() override { base::set_log_sink(before_); }

  /// Returns when the target's script runs.
  void start_and_kill(const std::string& id) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      test::RecordedEvents events;
      (void)run_targets(graph_, options(nullptr), events);
      ::_exit(0);
    }
    while (!dir_.exists(id + "/pid") || !dir_.read(id + "/pid").ends_with('\n'))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  pid_t script(const std::string& id) { return std::stoi(dir_.read(id + "/pid")); }

  base::LogSink before_;
  std::string warnings_;
};

TEST_F(KilledRun, ItsScriptsAreEndedByTheNextRun) {
  add("a", "if [ ! -e pid ]; then echo $$ > pid; sleep 60; echo late > out; else echo good > out; fi");
  start_and_kill("a");
  const pid_t first = script("a");
  ASSERT_TRUE(os::process_info(first));
  test::MemoryCache cache;
  const auto summary = run(options(&cache));
  EXPECT_TRUE(summary.is_success());
  EXPECT_FALSE(os::process_info(first));
  EXPECT_EQ(dir_.read("a/out"), "good\n");
  EXPECT_THAT(warnings_, HasSubstr("ended the processes of a that a killed run had left"));
}

TEST_F(KilledRun, WhatOutlivesTheLeaderOfItsGroupIsEndedToo) {
  add("a", "if [ ! -e pid ]; then sleep 60 & echo $! > pid; sleep 0.2; kill -9 $$; fi");
  const pid_t runner = ::fork();
  if (runner == 0) {
    test::RecordedEvents events;
    (void)run_targets(graph_, options(nullptr), events);
    ::_exit(0);
  }
  while (!dir_.exists("a/pid") || !dir_.read("a/pid").ends_with('\n'))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ASSERT_TRUE(os::process_info(script("a")));
  EXPECT_TRUE(run(options(nullptr)).is_success());
  EXPECT_FALSE(os::process_info(script("a")));
}

TEST_F(KilledRun, AScriptThatWasStartedButNotYetRecordedIsFoundByItsMarks) {
  add("a", "true");
  const Target& target = graph_.nodes[0].target;
  const pid_t owner = ::fork();
  if (owner == 0) {
    RunningScripts running(state_.path());
    (void)running.add(target);
    os::ProcessSpec spec = (*options(nullptr).commands(graph_.nodes[0]))[0].process;
    spec.argv = {"sh", "-c", "echo $$ > pid; sleep 60"};
    (void)os::run_process(spec);
    ::_exit(0);
  }
  while (!dir_.exists("a/pid") || !dir_.read("a/pid").ends_with('\n'))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  ASSERT_TRUE(os::process_info(script("a")));
  EXPECT_TRUE(run(options(nullptr)).is_success());
  EXPECT_FALSE(os::process_info(script("a")));
}

TEST_F(KilledRun, ANumberThatBelongsToSomebodyElseNowIsLeftAlone) {
  add("a", "true");
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::setpgid(0, 0);
    ::execlp("sleep", "sleep", "60", nullptr);
    ::_exit(1);
  }
  while (os::process_info(stranger)->group != stranger)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const pid_t owner = ::fork();
  if (owner == 0) {
    RunningScripts running(state_.path());
    (void)running.set_process(graph_.nodes[0].target, {stranger, os::process_info(stranger)->start_time - 1});
    ::_exit(0);
  }
  ::waitpid(owner, nullptr, 0);
  EXPECT_TRUE(run(options(nullptr)).is_success());
  EXPECT_TRUE(os::process_info(stranger));
  EXPECT_EQ(warnings_, "");
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

TEST_F(KilledRun, ALivingRunKeepsItsScripts) {
  add("a", "echo $$ >> pid; sleep 1");
  const pid_t other = ::fork();
  if (other == 0) {
    test::RecordedEvents events;
    (void)run_targets(graph_, options(nullptr), events);
    ::_exit(0);
  }
  while (!dir_.exists("a/pid") || !dir_.read("a/pid").ends_with('\n'))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto summary = run(options(nullptr));
  EXPECT_TRUE(summary.is_success());
  int status = -1;
  ::waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(warnings_, "");
  EXPECT_EQ(std::count(events_.list.begin(), events_.list.end(), "started a"), 1);
}

TEST_F(KilledRun, DamagedRecordsDoNoHarm) {
  add("a", "true");
  state_.write("running/0123456789abcdef0123456789abcdef", "rubbish");
  EXPECT_TRUE(run(options(nullptr)).is_success());
  EXPECT_FALSE(state_.exists("running/0123456789abcdef0123456789abcdef"));
}

TEST_F(KilledRun, NoRecordsStayBehindARunThatEnded) {
  add("a", "true");
  add("b", "exit 1");
  auto with = options(nullptr);
  with.continue_on_failure = true;
  run(with);
  EXPECT_TRUE(os::list_dir(state_ / "running")->empty());
}

TEST_F(KilledRun, WithoutAStateFolderARunGoesOn) {
  add("a", "true");
  auto with = options(nullptr);
  with.checkout_dir = "";
  EXPECT_TRUE(run(with).is_success());
  with.checkout_dir = dir_ / "a/in";  // a file: no locks can be had beneath it
  EXPECT_TRUE(run(with).is_success());
  EXPECT_THAT(warnings_, HasSubstr("can't keep out of each other's way"));
}

}  // namespace
}  // namespace stillage::run
