// SPDX-License-Identifier: MIT
// Targets that may write the same files take turns; all others run side by side.
#include "run/ready_queue.h"

#include <gtest/gtest.h>

#include "run/output_overlap.h"

namespace stillage::test {
namespace {

class TakingTurns : public testing::Test {
 protected:
  void add(const std::string& id, const std::string& cwd, std::optional<std::vector<std::string>> outputs) {
    graph::Node node;
    node.target.id = id;
    node.target.task = id;
    node.target.cwd = cwd;
    node.target.outputs = std::move(outputs);
    node.has_command = true;
    graph_.nodes.push_back(std::move(node));
  }
  /// How many of all targets may run at once.
  std::size_t at_once() {
    run::ReadyQueue queue(graph_, 100);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) queue.push(i);
    std::size_t count = 0;
    while (queue.pop()) ++count;
    return count;
  }
  graph::TargetGraph graph_;
};

TEST_F(TakingTurns, UndeclaredOutputsOfOnePackage) {
  add("a#build", "/r/a", std::nullopt);
  add("a#lint", "/r/a", std::nullopt);
  add("b#build", "/r/b", std::nullopt);
  EXPECT_EQ(at_once(), 2U);
}

TEST_F(TakingTurns, DeclaredOutputsThatDoNotMeetRunSideBySide) {
  add("a#build", "/r/a", {{"lib/**"}});
  add("a#lint", "/r/a", std::vector<std::string>{});
  add("a#docs", "/r/a", {{"docs/*.html", "!lib/**"}});
  EXPECT_EQ(at_once(), 3U);
}

TEST_F(TakingTurns, ARootTargetAndThePackageItWritesTo) {
  add("#bundle", "/r", {{"packages/a/lib/*.js"}});
  add("a#build", "/r/packages/a", std::nullopt);
  add("ab#build", "/r/packages/ab", std::nullopt);
  EXPECT_EQ(at_once(), 2U);
}

TEST_F(TakingTurns, WhatIsNotCachedNeedsNoTurn) {
  add("a#dev", "/r/a", std::nullopt);
  add("a#build", "/r/a", std::nullopt);
  graph_.nodes[0].target.cache = false;
  EXPECT_EQ(at_once(), 2U);
}

TEST_F(TakingTurns, TheNextStartsWhenTheFirstHasEnded) {
  add("a#build", "/r/a", std::nullopt);
  add("a#lint", "/r/a", std::nullopt);
  run::ReadyQueue queue(graph_, 100);
  queue.push(0);
  queue.push(1);
  const auto first = queue.pop();
  ASSERT_TRUE(first);
  EXPECT_FALSE(queue.pop());
  queue.finish(*first);
  EXPECT_TRUE(queue.pop());
}

}  // namespace
}  // namespace stillage::test
