// SPDX-License-Identifier: MIT
#include "graph/lage_dependencies.h"

#include <gtest/gtest.h>

#include "repo.h"

namespace stillage::graph {
namespace {

std::string lage_shape(const Result<TargetGraph>& graph) {
  if (!graph) return shape(graph);
  TargetGraph changed = *graph;
  set_lage_dependencies(changed);
  return shape(changed);
}

TEST(LageDependencies, WhatALongerWaySaysIsLeftOut) {
  Repo repo({{"a", {"build"}, {"b", "c"}}, {"b", {"build"}, {"c"}}, {"c", {"build"}, {}}});
  EXPECT_EQ(shape(repo.graph({"build"})), "c#build b#build<c#build a#build<b#build,c#build");
  EXPECT_EQ(lage_shape(repo.graph({"build"})), "c#build b#build<c#build a#build<b#build");
}

TEST(LageDependencies, OverOneHoleTheEdgeStaysOverTwoItIsLost) {
  Repo one({{"a", {"build"}, {"b"}}, {"b", {}, {"c"}}, {"c", {"build"}, {}}});
  EXPECT_EQ(lage_shape(one.graph({"build"})), "c#build b#build? a#build<c#build");
  Repo two({{"a", {"build"}, {"b"}}, {"b", {}, {"c"}}, {"c", {}, {"d"}}, {"d", {"build"}, {}}});
  EXPECT_EQ(lage_shape(two.graph({"build"})), "d#build c#build? b#build? a#build");
}

TEST(LageDependencies, ALostEdgeStillOrdersTheRun) {
  Repo repo({{"a", {"build"}, {"b"}}, {"b", {}, {"c"}}, {"c", {}, {"d"}}, {"d", {"build"}, {}}});
  auto graph = repo.graph({"build"});
  ASSERT_TRUE(graph);
  set_lage_dependencies(*graph);
  const auto a = graph->find("a#build");
  ASSERT_TRUE(a);
  EXPECT_FALSE(graph->nodes[*a].dependencies.empty());
}

TEST(LageDependencies, AnEdgeThatOnlyALostOneSaysTwiceStays) {
  // a -> d directly, and over two holes: lage sees the first alone.
  Repo repo({{"a", {"build"}, {"b", "d"}}, {"b", {}, {"c"}}, {"c", {}, {"d"}}, {"d", {"build"}, {}}});
  EXPECT_EQ(lage_shape(repo.graph({"build"})), "d#build c#build? b#build? a#build<d#build");
}

TEST(LageDependencies, PackagesWithoutTheScriptArePassedOverWhereAskedFor) {
  Repo repo({{"a", {"build"}, {"b"}}, {"b", {"prepare"}, {"c"}}, {"c", {"build", "prepare"}, {}}});
  repo.task("build", {"^build", "prepare"}).task("prepare", {"^prepare"});
  EXPECT_EQ(shape(repo.graph({"build"})),
            "c#prepare b#prepare<c#prepare a#prepare?<b#prepare c#build<c#prepare "
            "b#build?<b#prepare,c#build a#build<a#prepare,b#build");
  repo.pipeline.passes_over_missing_scripts = true;
  EXPECT_EQ(shape(repo.graph({"build"})),
            "c#prepare b#prepare<c#prepare a#prepare?<b#prepare a#build<a#prepare c#build<c#prepare");
}

}  // namespace
}  // namespace stillage::graph
