// SPDX-License-Identifier: MIT
// Other runs of the same checkout: locks, and what is left of runs that were killed.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

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
const auto kNotTold = [](const std::string&) {};

TEST(TargetLocks, ATargetIsHeldByOneRunAtATime) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  TargetLocks two = *TargetLocks::open(dir.path());
  {
    auto held = one.acquire("a", {}, kNoStop, kNotTold);
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
  const auto acquired = two.acquire("a", {}, kNoStop, [&](const std::string&) { ++told; });
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
  const auto acquired = two.acquire("a", {}, source.get_token(), kNotTold);
  ASSERT_FALSE(acquired);
  EXPECT_EQ(acquired.error().kind, ErrorKind::cancelled);
}

/// Whether two runs can have these targets at the same time.
bool at_once(const std::vector<std::string>& places, const std::vector<std::string>& others) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  TargetLocks two = *TargetLocks::open(dir.path());
  const auto held = one.acquire("a", places, kNoStop, kNotTold);
  std::stop_source source;
  source.request_stop();
  const auto acquired = two.acquire("b", others, source.get_token(), kNotTold);
  const bool is_free = bool(acquired);
  // Within one run it is the same.
  if (!is_free) {
    EXPECT_FALSE(one.acquire("b", others, source.get_token(), kNotTold));
  }
  return is_free;
}

TEST(TargetLocks, TargetsThatMayWriteTheSameFilesExcludeEachOther) {
  EXPECT_FALSE(at_once({"/r/a/dist"}, {"/r/a/dist"}));
  EXPECT_FALSE(at_once({"/r/a/dist"}, {"/r/a/lib", "/r/a/dist/esm"}));
  EXPECT_FALSE(at_once({"/r/a/dist/esm/x"}, {"/r/a"}));
  EXPECT_FALSE(at_once({"/r/a/dist"}, {"/r"}));
}

TEST(TargetLocks, AllOthersAreWorkedOnSideBySide) {
  EXPECT_TRUE(at_once({"/r/a/dist"}, {"/r/a/lib"}));
  EXPECT_TRUE(at_once({"/r/a/dist"}, {"/r/a/dist2"}));
  EXPECT_TRUE(at_once({"/r/a/dist"}, {"/r/b/dist"}));
  EXPECT_TRUE(at_once({"/r/a/dist/cjs"}, {"/r/a/dist/esm"}));
  EXPECT_TRUE(at_once({"/r"}, {}));
}

TEST(TargetLocks, ManyWaitersForManyPlacesAllGetThem) {
  test::TempDir dir;
  const std::vector<std::string> places = {"/r", "/r/a", "/r/a/dist", "/r/a/lib", "/r/b/dist", "/r/b"};
  std::map<std::string, std::atomic<int>> at_work;
  for (const std::string& place : places) at_work[place] = 0;
  std::atomic<int> clashes = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned run = 0; run < 3; ++run) {
      const auto locks = std::make_shared<TargetLocks>(*TargetLocks::open(dir.path()));
      for (unsigned t = 0; t < 3; ++t)
        threads.emplace_back([&, locks, run, t] {
          for (unsigned i = 0; i < 30; ++i) {
            // Two of them, in either order.
            const unsigned number = i * 7 + run * 3 + t;
            const std::string& one = places[number % 6];
            const std::string& two = places[(number / 6 + 1 + number % 6) % 6];
            const auto held = locks->acquire(std::to_string(number % 4), {one, two}, kNoStop, kNotTold);
            ASSERT_TRUE(held);
            for (const std::string* place : {&one, &two})
              if (at_work[*place]++ > 0 && one != two) ++clashes;
            std::this_thread::yield();
            for (const std::string* place : {&one, &two}) --at_work[*place];
          }
        });
    }
  }
  EXPECT_EQ(clashes, 0);
}

TEST(TargetLocks, ABuildInsideAScriptDoesNotWaitForTheRunAroundIt) {
  test::TempDir dir;
  TargetLocks outer = *TargetLocks::open(dir.path());
  std::stop_source source;
  source.request_stop();
  std::optional<TargetLocks::Acquired> held = *outer.acquire("a", {"/r/a/dist"}, kNoStop, kNotTold);
  const std::string names = held->held.names();
  TargetLocks one = *TargetLocks::open(dir.path(), names);
  TargetLocks two = *TargetLocks::open(dir.path(), names);
  {
    const auto inner = one.acquire("b", {"/r/a/dist"}, source.get_token(), kNotTold);
    ASSERT_TRUE(inner);
    // Two builds of one script are two runs still, and one of theirs is a third.
    EXPECT_FALSE(two.acquire("c", {"/r/a/dist/x"}, source.get_token(), kNotTold));
    TargetLocks third = *TargetLocks::open(dir.path(), inner->held.names());
    EXPECT_TRUE(third.acquire("d", {"/r/a/dist"}, source.get_token(), kNotTold));
  }
  // What nobody holds any more is a lock like others.
  held.reset();
  TargetLocks late = *TargetLocks::open(dir.path(), names);
  const auto alone = late.acquire("f", {"/r/a/dist"}, source.get_token(), kNotTold);
  ASSERT_TRUE(alone);
  TargetLocks stranger = *TargetLocks::open(dir.path());
  EXPECT_FALSE(stranger.acquire("e", {"/r/a/dist"}, source.get_token(), kNotTold));
}

TEST(TargetLocks, RunsSeeEachOther) {
  test::TempDir dir;
  TargetLocks one = *TargetLocks::open(dir.path());
  EXPECT_FALSE(one.others_seen());
  const TargetLocks two = *TargetLocks::open(dir.path());
  EXPECT_TRUE(two.others_seen());
  const auto held = one.acquire("a", {}, kNoStop, kNotTold);
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
