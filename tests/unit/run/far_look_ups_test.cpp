// SPDX-License-Identifier: MIT
// Look-ups that wait for somebody far away.
#include <gtest/gtest.h>

#include <condition_variable>
#include <set>

#include "memory_cache.h"
#include "run_fixture.h"

namespace stillage::run {
namespace {

/// A cache that answers what is near at once, and everything else when it is let go or told to stop.
class FarCache : public test::MemoryCache {
 public:
  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override {
    {
      std::unique_lock lock(mutex_);
      most_ = std::max(most_, ++waiting_);
      changed_.wait(lock, [this] { return released_; });
      --waiting_;
    }
    return MemoryCache::look_up(hash, target);
  }
  Result<std::unique_ptr<CacheHit>> look_up_near(const std::string& hash, const Target& target) {
    if (!near_.contains(target.id)) return std::unique_ptr<CacheHit>();
    return MemoryCache::look_up(hash, target);
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  int most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  std::set<std::string> near_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  int waiting_ = 0;
  int most_ = 0;
};

class FarLookUps : public test::RunTest {
 protected:
  RunOptions far_options(FarCache& cache) {
    RunOptions chosen = options(&cache);
    chosen.look_up_near = [&cache](const std::string& key, const Target& target) {
      return cache.look_up_near(key, target);
    };
    return chosen;
  }
};

TEST_F(FarLookUps, HoldUpNobodyWhoIsFoundNear) {
  FarCache cache;
  for (int i = 0; i < 60; ++i) add("far" + std::to_string(i), "cat in > out");
  add("near", "cat in > out");
  cache.near_ = {"near"};
  const RunOptions chosen = far_options(cache);
  const Target& target = graph_.nodes.back().target;
  ASSERT_TRUE(cache.put(*chosen.keys.hash(target), target, {}));
  on_finished_ = [&](const std::string& id) {
    // The others are let go by what they would otherwise hold up.
    if (id == "near") cache.release();
  };
  const RunSummary summary = run(chosen);
  EXPECT_TRUE(result(summary, "near").hit.has_value());
  EXPECT_LE(cache.most(), 32);
  EXPECT_GT(cache.most(), 1);
}

TEST_F(FarLookUps, EndWhenTheRunDoes) {
  FarCache cache;
  add("fails", "exit 3");
  for (int i = 0; i < 5; ++i) add("far" + std::to_string(i), "cat in > out");
  RunOptions chosen = far_options(cache);
  graph_.nodes[0].target.cache = false;
  int cancelled = 0;
  chosen.cancel_look_ups = [&] {
    ++cancelled;
    cache.release();
  };
  const RunSummary summary = run(chosen);
  EXPECT_EQ(status(summary, "fails"), "failed");
  EXPECT_EQ(status(summary, "far3"), "pending");
  EXPECT_EQ(cancelled, 1);
}

}  // namespace
}  // namespace stillage::run
