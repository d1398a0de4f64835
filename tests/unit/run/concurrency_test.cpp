// SPDX-License-Identifier: MIT
// Threads and runs side by side; also run under the thread sanitizer.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "memory_cache.h"
#include "os/dir.h"
#include "os/process.h"
#include "run_fixture.h"

namespace stillage::run {
namespace {

TEST(ProcessConcurrency, ManyThreadsRunProcessesAtOnce) {
  constexpr int kThreads = 6, kRuns = 15;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < kRuns; ++i) {
        const std::string text = std::to_string(t) + "." + std::to_string(i);
        std::string out, err;
        os::ProcessWatch watch;
        watch.output = [&](os::OutputStream stream, std::string_view piece) {
          (stream == os::OutputStream::out ? out : err) += piece;
        };
        const os::ProcessSpec spec{.argv = {"sh", "-c", "echo " + text + "; echo e" + text + " >&2"},
                                   .env = {"PATH=/usr/bin:/bin"},
                                   .cwd = "/"};
        ASSERT_TRUE(os::run_process(spec, watch));
        ASSERT_EQ(out, text + "\n");
        ASSERT_EQ(err, "e" + text + "\n");
      }
    });
}

TEST(SchedulerConcurrency, TwoRunsAtOnceRunEachTargetOnce) {
  class Runs : public test::RunTest {
   public:
    void TestBody() override {}
    using RunTest::add;
    using RunTest::dir_;
    using RunTest::graph_;
    using RunTest::options;
  } runs;
  const std::vector<std::vector<std::string>> dependencies = {{}, {"0"}, {"0"}, {"1", "2"}, {}, {"4"}};
  for (std::size_t i = 0; i < dependencies.size(); ++i)
    runs.add(std::to_string(i), "echo ran >> runs; sleep 0.1; cat in > out", dependencies[i]);
  test::MemoryCache cache;
  const RunOptions with = runs.options(&cache);
  std::vector<Result<RunSummary>> summaries(3);
  {
    // The keys are computed before, as the fixture's are for one thread.
    std::map<std::string, std::string> keys;
    for (const graph::Node& node : runs.graph_.nodes) keys[node.target.id] = *with.keys.hash(node.target);
    std::vector<std::jthread> threads;
    for (auto& summary : summaries)
      threads.emplace_back([&] {
        RunOptions own = with;
        own.keys.hash = [&](const Target& target) -> Result<std::string> { return keys.at(target.id); };
        own.keys.changed_input = nullptr;
        test::RecordedEvents events;
        summary = run_targets(runs.graph_, own, events);
      });
  }
  for (const auto& summary : summaries) {
    ASSERT_TRUE(summary);
    EXPECT_TRUE(summary->is_success());
  }
  for (std::size_t i = 0; i < dependencies.size(); ++i)
    EXPECT_EQ(runs.dir_.read(std::to_string(i) + "/runs"), "ran\n") << i;
}

TEST(SchedulerConcurrency, ManyTargetsOfARandomGraphRunOnceEachAndInOrder) {
  class Runs : public test::RunTest {
   public:
    void TestBody() override {}
    using RunTest::add;
    using RunTest::events_;
    using RunTest::graph_;
    using RunTest::options;
    using RunTest::run;
  } runs;
  unsigned seed = 12345;
  const auto random = [&](unsigned below) { return (seed = seed * 1103515245U + 12345U) / 65536U % below; };
  for (unsigned i = 0; i < 60; ++i) {
    std::vector<std::string> dependencies;
    for (unsigned d = 0; i > 0 && d < random(3); ++d) {
      const std::string id = std::to_string(random(i));
      if (std::find(dependencies.begin(), dependencies.end(), id) == dependencies.end())
        dependencies.push_back(id);
    }
    runs.add(std::to_string(i), random(4) == 0 ? "" : "echo x", dependencies);
  }
  test::MemoryCache cache;
  for (int round = 0; round < 2; ++round) {
    const auto summary = runs.run(runs.options(&cache));
    EXPECT_TRUE(summary.is_success());
    for (const graph::Node& node : runs.graph_.nodes)
      for (const std::size_t dependency : node.dependencies) {
        const auto done = [&](std::size_t index) {
          const std::string id = runs.graph_.nodes[index].target.id;
          return std::min(runs.events_.position("success " + id), runs.events_.position("skipped " + id));
        };
        const std::size_t own = *runs.graph_.find(node.target.id);
        EXPECT_LT(done(dependency), std::min(done(own), runs.events_.position("started " + node.target.id)));
      }
  }
}

TEST(SchedulerConcurrency, AStopAtAnyTimeEndsTheRunCleanly) {
  class Runs : public test::RunTest {
   public:
    void TestBody() override {}
    using RunTest::add;
    using RunTest::graph_;
    using RunTest::options;
    using RunTest::run;
    using RunTest::state_;
  };
  for (int round = 0; round < 12; ++round) {
    Runs runs;
    for (int i = 0; i < 12; ++i)
      runs.add(std::to_string(i), "sleep 0.02; echo x",
               i < 4 ? std::vector<std::string>() : std::vector<std::string>{std::to_string(i - 4)});
    test::MemoryCache cache;
    std::stop_source source;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(round * 8));
      source.request_stop();
    });
    const auto summary = runs.run(runs.options(&cache), source.get_token());
    stopper.join();
    std::size_t stored = 0;
    for (const TargetResult& target : summary.targets) {
      EXPECT_NE(target.status, TargetStatus::failed);
      stored += target.stored ? 1 : 0;
    }
    EXPECT_EQ(stored, cache.size());
    if (runs.state_.exists("running")) {
      EXPECT_TRUE(os::list_dir(runs.state_ / "running")->empty());
    }
  }
}

}  // namespace
}  // namespace stillage::run
