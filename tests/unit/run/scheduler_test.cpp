// SPDX-License-Identifier: MIT
#include "run/scheduler.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/clock.h"
#include "memory_cache.h"
#include "run_fixture.h"

namespace stillage::run {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Scheduler : public test::RunTest {
 protected:
  /// c needs b needs a; each copies what it has and what came before into `out`.
  void chain() {
    add("a", "cat in > out; echo made a");
    add("b", "cat ../a/out in > out; echo made b >&2", {"a"});
    add("c", "cat ../b/out in > out; echo made c", {"b"});
  }

  test::MemoryCache cache_;
};

TEST_F(Scheduler, RunsInOrderAndStoresThenRestores) {
  chain();
  const auto first = run(options(&cache_));
  EXPECT_TRUE(first.is_success());
  EXPECT_EQ(dir_.read("c/out"), "abc");
  EXPECT_EQ(result(first, "a").reason, "no entry");
  EXPECT_TRUE(result(first, "a").stored);
  EXPECT_EQ(events_.output["b"], "made b\n");
  EXPECT_EQ(events_.list, (std::vector<std::string>{"started a", "success a", "started b", "success b",
                                                    "started c", "success c", "end"}));
  for (const char* const id : {"a", "b", "c"}) ASSERT_TRUE(os::remove_tree(dir_ / id + "/out"));
  cache_.take_calls();
  const auto second = run(options(&cache_));
  EXPECT_TRUE(second.is_success());
  EXPECT_EQ(second.count(TargetStatus::skipped), 3U);
  EXPECT_EQ(result(second, "b").hit, HitSource::local);
  EXPECT_GT(result(second, "b").saved_seconds, 0);
  EXPECT_EQ(dir_.read("c/out"), "abc");
  const auto calls = cache_.take_calls();
  const auto position = [&](const std::string& call) { return std::find(calls.begin(), calls.end(), call); };
  EXPECT_LT(position("restore a"), position("restore b"));
  EXPECT_LT(position("restore b"), position("restore c"));
  EXPECT_EQ(events_.list, (std::vector<std::string>{"skipped a", "skipped b", "skipped c", "end"}));
}

TEST_F(Scheduler, AnEditRunsTheTargetAndItsDependentsOnly) {
  chain();
  run(options(&cache_));
  dir_.write("b/in", "B");
  const auto again = run(options(&cache_));
  EXPECT_EQ(status(again, "a"), "skipped");
  EXPECT_EQ(status(again, "b"), "success");
  EXPECT_EQ(status(again, "c"), "success");
  EXPECT_EQ(dir_.read("c/out"), "aBc");
}

TEST_F(Scheduler, LooksEverythingUpBeforeTheFirstCommandEnds) {
  add("a", "sleep 0.3");
  add("b", "true", {"a"});
  cache_.take_calls();
  std::size_t looked_up = 0;
  on_finished_ = [&](const std::string& id) {
    if (id == "a") looked_up = cache_.count("look_up b");
  };
  run(options(&cache_));
  EXPECT_EQ(looked_up, 1U);
}

TEST_F(Scheduler, TargetsWithoutACommandKeepOrderAndPassKeysOn) {
  add("a", "sleep 0.1; cat in > out");
  add("middle", "", {"a"});
  add("b", "cat ../a/out > out", {"middle"});
  const auto first = run(options(&cache_));
  EXPECT_EQ(status(first, "middle"), "skipped");
  EXPECT_FALSE(result(first, "middle").hit);
  EXPECT_EQ(dir_.read("b/out"), "a");
  dir_.write("a/in", "changed");
  EXPECT_EQ(status(run(options(&cache_)), "b"), "success");
  EXPECT_EQ(dir_.read("b/out"), "changed");
}

TEST_F(Scheduler, ALongChainWithoutCommandsNeedsNoDeepStack) {
  add("0", "");
  for (int i = 1; i < 30000; ++i) {
    graph::Node node;
    node.target.id = std::to_string(i);
    node.dependencies = {static_cast<std::size_t>(i - 1)};
    graph_.nodes.back().dependents = {static_cast<std::size_t>(i)};
    graph_.nodes.push_back(node);
  }
  RunOptions own;
  EXPECT_EQ(run(own).count(TargetStatus::skipped), 30000U);
}

TEST_F(Scheduler, AFailureStopsWhatRunsAndLeavesTheRestPending) {
  add("bad", "echo why >&2; sleep 0.2; exit 3");
  add("slow", "sleep 60");
  add("after", "true", {"bad"});
  add("later", "true", {"slow"});
  base::Stopwatch watch;
  const auto summary = run(options(&cache_));
  EXPECT_LT(watch.seconds(), 20);
  EXPECT_FALSE(summary.is_success());
  EXPECT_FALSE(summary.interrupted);
  EXPECT_EQ(status(summary, "bad"), "failed");
  EXPECT_EQ(result(summary, "bad").exit_code, 3);
  ASSERT_EQ(result(summary, "bad").log.size(), 1U);
  EXPECT_EQ(result(summary, "bad").log[0], (LogChunk{LogStream::err, "why\n"}));
  EXPECT_EQ(status(summary, "slow"), "aborted");
  EXPECT_EQ(status(summary, "after"), "pending");
  EXPECT_EQ(result(summary, "after").reason, "bad failed");
  EXPECT_EQ(status(summary, "later"), "pending");
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(Scheduler, ContinueGoesOnWithWhatDoesNotDependOnTheFailure) {
  add("bad", "exit 1");
  add("after", "true", {"bad"});
  add("far", "true", {"after"});
  add("other", "sleep 0.3; echo x > out");
  auto with = options(&cache_);
  with.continue_on_failure = true;
  const auto summary = run(with);
  EXPECT_EQ(status(summary, "bad"), "failed");
  EXPECT_EQ(status(summary, "after"), "pending");
  EXPECT_EQ(result(summary, "far").reason, "bad failed");
  EXPECT_EQ(status(summary, "other"), "success");
  EXPECT_TRUE(result(summary, "other").stored);
}

TEST_F(Scheduler, ACommandThatCannotBeStartedFailsAndSaysWhy) {
  add("a", "x");
  auto with = options(&cache_);
  with.commands = [](const graph::Node& node) -> Result<std::vector<Step>> {
    return std::vector<Step>{{"x", {.argv = {"no-such-program"}, .env = {}, .cwd = node.target.cwd}}};
  };
  const auto summary = run(with);
  EXPECT_EQ(status(summary, "a"), "failed");
  EXPECT_EQ(result(summary, "a").exit_code, 127);
  EXPECT_THAT(events_.output["a"], HasSubstr("no-such-program"));
}

TEST_F(Scheduler, StepsRunInOrderAndTheFirstFailureEndsThem) {
  add("a", "x");
  auto with = options(&cache_);
  with.commands = [](const graph::Node& node) -> Result<std::vector<Step>> {
    std::vector<Step> steps;
    for (const char* const script : {"echo pre", "echo main; exit 4", "echo post"})
      steps.push_back(
          {"", {.argv = {"sh", "-c", script}, .env = {"PATH=/usr/bin:/bin"}, .cwd = node.target.cwd}});
    return steps;
  };
  const auto summary = run(with);
  EXPECT_EQ(result(summary, "a").exit_code, 4);
  EXPECT_EQ(events_.output["a"], "pre\nmain\n");
}

TEST_F(Scheduler, UncachedTargetsAlwaysRunAndPassTheirKeyOn) {
  graph_.nodes[add("a", "cat in > out")].target.cache = false;
  add("b", "cat ../a/out > out", {"a"});
  run(options(&cache_));
  const auto calls = cache_.take_calls();
  EXPECT_THAT(calls, testing::Not(Contains("put a")));
  EXPECT_THAT(calls, testing::Not(Contains("look_up a")));
  EXPECT_THAT(calls, testing::Not(Contains("prepare a")));
  const auto again = run(options(&cache_));
  EXPECT_EQ(status(again, "a"), "success");
  EXPECT_EQ(result(again, "a").reason, "not cached");
  EXPECT_EQ(status(again, "b"), "skipped");
}

TEST_F(Scheduler, ResetCacheRunsAndStores) {
  chain();
  run(options(&cache_));
  cache_.take_calls();
  auto with = options(&cache_);
  with.reset_cache = true;
  const auto summary = run(with);
  EXPECT_EQ(summary.count(TargetStatus::success), 3U);
  EXPECT_EQ(result(summary, "a").reason, "--reset-cache");
  const auto calls = cache_.take_calls();
  EXPECT_THAT(calls, Contains("put b"));
  EXPECT_THAT(calls, testing::Not(Contains("look_up b")));
}

TEST_F(Scheduler, WithoutACacheEverythingRuns) {
  chain();
  EXPECT_EQ(run(options(nullptr)).count(TargetStatus::success), 3U);
  EXPECT_EQ(run(options(nullptr)).count(TargetStatus::success), 3U);
  EXPECT_EQ(dir_.read("c/out"), "abc");
}

TEST_F(Scheduler, ADamagedEntryIsRunAndStoredAnew) {
  chain();
  run(options(&cache_));
  cache_.take_calls();
  cache_.fail_restore = ErrorKind::corrupt;
  const auto summary = run(options(&cache_));
  EXPECT_EQ(summary.count(TargetStatus::success), 3U);
  EXPECT_EQ(result(summary, "a").reason, "entry damaged");
  EXPECT_EQ(cache_.count("put a"), 1U);
}

TEST_F(Scheduler, WhatCannotBeRestoredIsRunButNotStored) {
  chain();
  run(options(&cache_));
  cache_.take_calls();
  cache_.fail_restore = ErrorKind::unsupported;
  const auto summary = run(options(&cache_));
  EXPECT_EQ(status(summary, "a"), "success");
  EXPECT_THAT(result(summary, "a").not_stored_because, HasSubstr("it can't be"));
  EXPECT_EQ(cache_.count("put a"), 0U);
}

TEST_F(Scheduler, AFailingCacheNeverFailsTheRun) {
  chain();
  cache_.fail_look_up = true;
  EXPECT_TRUE(run(options(&cache_)).is_success());
  cache_.fail_look_up = false;
  dir_.write("a/in", "2");
  cache_.fail_put = true;
  const auto unstored = run(options(&cache_));
  EXPECT_TRUE(unstored.is_success());
  EXPECT_EQ(result(unstored, "a").not_stored_because, "the disk is full");
  EXPECT_FALSE(result(unstored, "a").stored);
  cache_.fail_put = false;
  cache_.fail_prepare = true;
  cache_.take_calls();
  dir_.write("a/in", "3");
  const auto unprepared = run(options(&cache_));
  EXPECT_TRUE(unprepared.is_success());
  EXPECT_THAT(result(unprepared, "a").not_stored_because, HasSubstr("a link leads out"));
  EXPECT_EQ(cache_.count("put a"), 0U);
}

TEST_F(Scheduler, WhyAResultIsNotStoredIsHandedOn) {
  add("a", "true");
  cache_.refuse_put = "lib/x is not covered";
  const auto summary = run(options(&cache_));
  EXPECT_EQ(result(summary, "a").not_stored_because, "lib/x is not covered");
  EXPECT_FALSE(result(summary, "a").stored);
}

TEST_F(Scheduler, AnInputThatChangesDuringTheRunTaintsAllThatDependsOnIt) {
  add("a", "cat in > out; echo edited > in");
  add("noop", "", {"a"});
  add("b", "cat ../a/out > out", {"noop"});
  add("other", "echo o > out");
  const auto summary = run(options(&cache_));
  EXPECT_TRUE(summary.is_success());
  EXPECT_THAT(result(summary, "a").not_stored_because, HasSubstr("a/in changed while it ran"));
  EXPECT_THAT(result(summary, "b").not_stored_because, HasSubstr("a can't be relied on: a/in changed"));
  EXPECT_TRUE(result(summary, "other").stored);
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_EQ(dir_.read("b/out"), "a");
}

TEST_F(Scheduler, ACommandThatLeavesProcessesBehindIsNotStored) {
  add("a", "sleep 30 > /dev/null 2>&1 & echo $! > pid; echo x > out");
  add("b", "true", {"a"});
  const auto summary = run(options(&cache_));
  EXPECT_TRUE(summary.is_success());
  EXPECT_THAT(result(summary, "a").not_stored_because, HasSubstr("still running"));
  EXPECT_FALSE(result(summary, "b").stored);
  ::kill(std::stoi(dir_.read("a/pid")), SIGKILL);
}

TEST_F(Scheduler, AnUnreadableInputMeansARunWithoutTheCache) {
  chain();
  keyless_ = "b";
  const auto summary = run(options(&cache_));
  EXPECT_TRUE(summary.is_success());
  EXPECT_TRUE(result(summary, "a").stored);
  EXPECT_EQ(result(summary, "b").key, "");
  EXPECT_EQ(result(summary, "c").key, "");
  EXPECT_FALSE(result(summary, "c").stored);
}

TEST_F(Scheduler, AKeyThatCannotBeForReasonsOfConfigurationIsAnErrorOfTheRun) {
  chain();
  auto with = options(&cache_);
  with.keys.hash = [](const Target&) -> Result<std::string> {
    return fail(ErrorKind::invalid, "inputs lead out");
  };
  const auto summary = run_targets(graph_, with, events_);
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().message, "a: inputs lead out");
  EXPECT_FALSE(dir_.exists("a/out"));
}

TEST_F(Scheduler, InterruptEndsCommandsAndStoresNothing) {
  add("a", "echo $$ > pid; sleep 60 & echo $! > pid2; wait");
  add("b", "true", {"a"});
  std::stop_source source;
  std::jthread stopper([&] {
    while (!dir_.exists("a/pid2") || dir_.read("a/pid2").empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    source.request_stop();
  });
  const auto summary = run(options(&cache_), source.get_token());
  EXPECT_TRUE(summary.interrupted);
  EXPECT_FALSE(summary.is_success());
  EXPECT_EQ(status(summary, "a"), "aborted");
  EXPECT_EQ(status(summary, "b"), "pending");
  EXPECT_EQ(cache_.size(), 0U);
  for (const char* const file : {"a/pid", "a/pid2"})
    EXPECT_FALSE(os::process_info(std::stoi(dir_.read(file))));
}

TEST_F(Scheduler, ARunStoppedBeforeItStartsDoesNothing) {
  chain();
  std::stop_source source;
  source.request_stop();
  const auto summary = run(options(&cache_), source.get_token());
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(summary.count(TargetStatus::pending), 3U);
  EXPECT_FALSE(dir_.exists("a/out"));
}

TEST_F(Scheduler, ReplaysLogsWhereAsked) {
  chain();
  run(options(&cache_));
  auto with = options(&cache_);
  with.replay_logs = true;
  const auto summary = run(with);
  ASSERT_EQ(result(summary, "b").log.size(), 1U);
  EXPECT_EQ(result(summary, "b").log[0], (LogChunk{LogStream::err, "made b\n"}));
}

TEST_F(Scheduler, PassesTheExitCodeOfASingleCommandOn) {
  dir_.make_dir("package");
  Target target;
  target.id = "package#exec";
  target.cwd = dir_ / "package";
  graph_ = single_target_graph(target);
  RunOptions own;
  own.commands = single_command({"sh", "-c", "pwd; exit 42"}, target.cwd, {"PATH=/usr/bin:/bin"});
  const auto summary = run(own);
  EXPECT_EQ(summary.targets[0].exit_code, 42);
  EXPECT_EQ(events_.output["package#exec"], target.cwd + "\n");
}

/// Commands that log when they start and end show how many ran at a time.
TEST_F(Scheduler, KeysMadeWhenReadySeeWhatDependenciesMade) {
  add("a", "echo new > ../b/in");
  add("b", "cat in > out", {"a"});
  auto with = options(&cache_);
  with.keys.time = KeyTime::when_ready;
  with.keys.changed_input = nullptr;
  const auto summary = run(with);
  EXPECT_TRUE(summary.is_success());
  EXPECT_EQ(inputs_["b"], "new\n");
  EXPECT_FALSE(result(summary, "b").key.empty());
}

TEST_F(Scheduler, KeysMadeWhenReadyAreForCachedTargetsOnly) {
  add("a", "true");
  graph_.nodes[0].target.cache = false;
  add("hole", "");
  add("b", "cat in > out", {"a", "hole"});
  auto with = options(&cache_);
  with.keys.time = KeyTime::when_ready;
  keys_["a"] = keys_["hole"] = "none";
  const auto summary = run(with);
  EXPECT_EQ(result(summary, "a").key, "");
  EXPECT_EQ(result(summary, "hole").key, "");
  EXPECT_TRUE(result(summary, "b").stored);
  keys_["a"] = keys_["hole"] = "none";
  EXPECT_EQ(status(run(with), "b"), "skipped");
}

TEST_F(Scheduler, ATargetWhoseKeyFailsRunsWithoutTheCacheWhenKeysAreMadeLate) {
  add("a", "true");
  add("b", "cat in > out", {"a"});
  keyless_ = "b";
  auto with = options(&cache_);
  with.keys.time = KeyTime::when_ready;
  const auto summary = run(with);
  EXPECT_TRUE(summary.is_success());
  EXPECT_FALSE(result(summary, "b").stored);
  EXPECT_EQ(result(summary, "b").reason, "it has no key");
}

TEST_F(Scheduler, ProcessesAreNamedInTheLogWhereThatIsAskedFor) {
  add("a", "echo made a");
  auto with = options(&cache_);
  with.log_process_ids = true;
  run(with);
  EXPECT_THAT(events_.output["a"], testing::MatchesRegex("Running sh -c echo made a, pid: [0-9]+\nmade a\n"));
}

class Limits : public Scheduler {
 protected:
  int most_at_once(const RunOptions& with) {
    int now = 0, most = 0;
    on_started_ = [&](const std::string&) { most = std::max(most, ++now); };
    on_finished_ = [&](const std::string&) { --now; };
    EXPECT_TRUE(run(with).is_success());
    return most;
  }
};

TEST_F(Limits, ConcurrencyBoundsHowManyRun) {
  for (int i = 0; i < 8; ++i) add("t" + std::to_string(i), "sleep 0.25");
  auto with = options(nullptr);
  with.concurrency = 3;
  EXPECT_EQ(most_at_once(with), 3);
  with.concurrency = 1;
  EXPECT_EQ(most_at_once(with), 1);
}

TEST_F(Limits, WeightsCountAgainstConcurrency) {
  for (int i = 0; i < 6; ++i) graph_.nodes[add("t" + std::to_string(i), "sleep 0.25")].weight = 2;
  EXPECT_EQ(most_at_once(options(nullptr)), 2);
  for (graph::Node& node : graph_.nodes) node.weight = 100;
  EXPECT_EQ(most_at_once(options(nullptr)), 1);
}

TEST_F(Limits, MaxWorkersBoundsATaskAlone) {
  for (int i = 0; i < 4; ++i) {
    graph::Node& node = graph_.nodes[add("t" + std::to_string(i), "sleep 0.25")];
    node.max_workers = 1;
    node.target.task = "test";
  }
  add("other", "sleep 0.25");
  EXPECT_EQ(most_at_once(options(nullptr)), 2);
}

TEST_F(Limits, HigherPrioritiesStartFirst) {
  const int priorities[] = {0, 5, 1, 9};
  for (int i = 0; i < 4; ++i) graph_.nodes[add("t" + std::to_string(i), "true")].priority = priorities[i];
  auto with = options(nullptr);
  with.concurrency = 1;
  run(with);
  std::vector<std::string> started;
  for (const std::string& event : events_.list)
    if (event.starts_with("started")) started.push_back(event);
  EXPECT_EQ(started, (std::vector<std::string>{"started t3", "started t1", "started t2", "started t0"}));
}

TEST_F(Scheduler, ARunOfWhichNothingIsStoredIsAbandoned) {
  add("a", "echo a > out");
  add("b", "exit 1");
  add("c", "echo c > out; echo changed > in");
  test::MemoryCache cache;
  auto with = options(&cache);
  with.continue_on_failure = true;
  run(with);
  EXPECT_EQ(cache.count("abandon a"), 0U);
  EXPECT_EQ(cache.count("abandon b"), 1U);
  EXPECT_EQ(cache.count("abandon c"), 1U);
  EXPECT_EQ(cache.count("put a"), 1U);
  EXPECT_EQ(cache.count("put b") + cache.count("put c"), 0U);
}

}  // namespace
}  // namespace stillage::run
