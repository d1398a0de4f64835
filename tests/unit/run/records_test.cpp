// SPDX-License-Identifier: MIT
#include "run/records.h"

#include <gtest/gtest.h>

#include "os/dir.h"
#include "support/temp_dir.h"

namespace stillage::run {
namespace {

struct Given {
  graph::TargetGraph graph;
  RunSummary summary;
};

Given run_of(const std::vector<std::pair<std::string, std::string>>& ids_and_keys) {
  Given given;
  given.summary.start_ns = 123;
  given.summary.seconds = 4.5;
  for (const auto& [id, key] : ids_and_keys) {
    graph::Node node;
    node.target.id = id;
    given.graph.nodes.push_back(node);
    TargetResult result;
    result.key = key;
    result.status = TargetStatus::success;
    result.reason = "no entry";
    result.run_seconds = 0.25;
    given.summary.targets.push_back(result);
  }
  return given;
}

class Records : public testing::Test {
 protected:
  std::uint64_t add(const std::vector<std::pair<std::string, std::string>>& ids_and_keys) {
    const Given given = run_of(ids_and_keys);
    const auto number = records_.add(given.graph, given.summary, "run build", [&](const Target& target) {
      asked_.push_back(target.id);
      return "record of " + target.id;
    });
    EXPECT_TRUE(number) << number.error().message;
    return number.value_or(0);
  }
  std::size_t files(std::string_view suffix) {
    std::size_t count = 0;
    const auto entries = os::list_dir(dir_ / "runs");
    for (const os::DirEntry& entry : *entries) count += entry.name.ends_with(suffix) ? 1 : 0;
    return count;
  }

  test::TempDir dir_;
  RunRecords records_{dir_.path()};
  std::vector<std::string> asked_;
};

TEST_F(Records, WhatWasWrittenIsRead) {
  EXPECT_EQ(add({{"a#build", "k1"}, {"b#build", "k2"}}), 1U);
  const auto run = *records_.load_last_run();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->number, 1U);
  EXPECT_EQ(run->start_ns, 123);
  EXPECT_EQ(run->seconds, 4.5);
  EXPECT_EQ(run->command, "run build");
  ASSERT_EQ(run->targets.size(), 2U);
  const RecordedTarget* const target = run->find("b#build");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->key, "k2");
  EXPECT_EQ(target->status, TargetStatus::success);
  EXPECT_EQ(target->reason, "no entry");
  EXPECT_EQ(target->run_seconds, 0.25);
  EXPECT_EQ(*records_.find_key_record("k2"), "record of b#build");
  EXPECT_FALSE(*records_.find_key_record("k3"));
}

TEST_F(Records, StagesAreKept) {
  RunSummary summary;
  summary.stages = {{"load", 0, 0.25, 0.25, 1}, {"look-ups", 0.5, 0.75, 1.5, 7}};
  ASSERT_TRUE(records_.add({}, summary, "run build", nullptr));
  const auto run = *records_.load_last_run();
  ASSERT_TRUE(run);
  ASSERT_EQ(run->stages.size(), 2U);
  EXPECT_EQ(run->stages[1].name, "look-ups");
  EXPECT_EQ(run->stages[1].start, 0.5);
  EXPECT_EQ(run->stages[1].end, 0.75);
  EXPECT_EQ(run->stages[1].busy, 1.5);
  EXPECT_EQ(run->stages[1].count, 7U);
}

TEST_F(Records, ThereAreNoneAtFirst) {
  EXPECT_FALSE(*records_.load_last_run());
  EXPECT_FALSE(*records_.find_key_record("k"));
  EXPECT_TRUE(records_.history("a")->empty());
}

TEST_F(Records, AKeyThatTheLastRunHadIsNotRecordedAgain) {
  add({{"a", "k1"}, {"b", "k2"}});
  add({{"a", "k1"}, {"b", "k3"}});
  add({{"a", "k1"}, {"b", "k3"}});
  EXPECT_EQ(asked_, (std::vector<std::string>{"a", "b", "b"}));
  EXPECT_EQ(files(".keys"), 2U);
  EXPECT_EQ(*records_.find_key_record("k1"), "record of a");
}

TEST_F(Records, ManyKeysOfAnEarlierRunAreNotRecordedAgain) {
  const auto keys = [](const std::string& branch) {
    std::vector<std::pair<std::string, std::string>> all;
    for (int i = 0; i < 20; ++i) all.emplace_back("t" + std::to_string(i), branch + std::to_string(i));
    return all;
  };
  for (const char* const branch : {"main", "other", "main", "other"}) add(keys(branch));
  EXPECT_EQ(asked_.size(), 40U);
  EXPECT_EQ(files(".keys"), 2U);
  EXPECT_EQ(*records_.find_key_record("main7"), "record of t7");
}

TEST_F(Records, HistoryTellsOfATargetNewestFirst) {
  add({{"a", "k1"}});
  add({{"b", "k2"}});
  add({{"a", "k3"}});
  const auto history = *records_.history("a");
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].run, 3U);
  EXPECT_EQ(history[0].target.key, "k3");
  EXPECT_EQ(history[1].target.key, "k1");
}

TEST_F(Records, TheLastFiftyRunsAreKeptWithTheKeysThatTheyHad) {
  add({{"a", "old"}, {"b", "b0"}});
  for (int i = 1; i < 120; ++i) add({{"a", i < 60 ? "old" : "new"}, {"b", "b" + std::to_string(i)}});
  EXPECT_EQ(files(".run"), kRunsKept);
  EXPECT_LE(files(".keys"), kRunsKept + kRunsBetweenCleanUps);
  EXPECT_TRUE(*records_.find_key_record("new"));
  EXPECT_FALSE(*records_.find_key_record("old"));
  EXPECT_TRUE(*records_.find_key_record("b119"));
  EXPECT_TRUE(*records_.find_key_record("b70"));
  EXPECT_FALSE(*records_.find_key_record("b69"));
}

TEST_F(Records, AKeyOfAnOldRunThatIsStillInUseKeepsItsRecord) {
  for (int i = 0; i < 70; ++i) add({{"a", "same"}});
  EXPECT_EQ(*records_.find_key_record("same"), "record of a");
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(Records, DamagedFilesCountAsAbsent) {
  add({{"a", "k1"}});
  add({{"a", "k2"}});
  std::string bytes = dir_.read("runs/2.run");
  bytes[bytes.size() / 2] ^= 1;
  dir_.write("runs/2.run", bytes);
  EXPECT_EQ((*records_.load_last_run())->number, 1U);
  dir_.write("runs/x.run", "?");
  EXPECT_EQ(add({{"a", "k3"}}), 3U);
}

TEST_F(Records, EveryCutOfARecordIsRefused) {
  add({{"a", "k1"}, {"b", "k2"}});
  const std::string bytes = serialise(*records_.load(1));
  ASSERT_TRUE(parse_run(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_run(std::string_view(bytes).substr(0, size)));
  EXPECT_FALSE(parse_run(bytes + "x"));
}

}  // namespace
}  // namespace stillage::run
