// SPDX-License-Identifier: MIT
// Two targets that write into one folder: every path has one owner, the last target in graph order that holds
// it.
#include <gmock/gmock.h>
#include <unistd.h>

#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class Overlap : public CacheTest {
 protected:
  Overlap() {
    bundle_.dependencies = {"a#build"};
    test_.dependencies = {"a#build"};
    start();
  }
  void start() { open({build_, bundle_, test_}); }
  void write(const std::string& name, const std::string& content) {
    base_.write("checkout/packages/a/" + name, content);
  }
  std::string read(const std::string& name) { return base_.read("checkout/packages/a/" + name); }
  void build(const std::string& hash, const std::string& text) {
    run(build_, hash, [&] {
      write("lib/index.js", text);
      write("lib/own.js", text);
    });
  }
  void bundle(const std::string& hash, const std::string& text) {
    run(bundle_, hash, [&] {
      EXPECT_EQ(read("lib/index.js").substr(0, 7), "built: ");
      write("lib/index.js", text);
      write("lib/bundle.js", text);
    });
  }
  /// Both are looked up before the first is restored, as a run does.
  std::pair<RestoreReport, RestoreReport> restore_both(const std::string& built, const std::string& bundled) {
    auto first = provider_->look_up(built, build_);
    auto second = provider_->look_up(bundled, bundle_);
    EXPECT_TRUE(first && *first && second && *second);
    return {*(*first)->restore(), *(*second)->restore()};
  }
  Target build_ = target("a#build", {{"lib/**"}});
  Target bundle_ = target("a#bundle", {{"lib/**"}});
  Target test_ = target("a#test", std::vector<std::string>{});
};

TEST_F(Overlap, EachStoresWhatItMade) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  for (const auto& [target, outputs] : {std::pair(build_, 2U), std::pair(bundle_, 2U)}) {
    const auto hit = provider_->look_up(target.task == "build" ? key('1') : key('2'), target);
    ASSERT_TRUE(hit && *hit);
    EXPECT_EQ((*hit)->info().outputs, outputs);
  }
}

TEST_F(Overlap, TheLastOneWinsAndNothingIsTouchedTwice) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  const auto want = tree("packages/a/lib");
  EXPECT_EQ(want.size(), 3U);
  usleep(50'000);
  const auto before = stats("packages/a/lib");
  for (int i = 0; i < 3; ++i) {
    start();
    const auto [built, bundled] = restore_both(key('1'), key('2'));
    EXPECT_EQ(built.written + built.removed + bundled.written + bundled.removed, 0U);
  }
  EXPECT_EQ(stats("packages/a/lib"), before);

  wipe("packages/a/lib");
  start();
  restore_both(key('1'), key('2'));
  EXPECT_EQ(tree("packages/a/lib"), want);
  EXPECT_EQ(told_of("lib/index.js"), 1U);
}

TEST_F(Overlap, TheLastOneWinsInWhicheverOrderTheyAreLookedUp) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  const auto want = tree("packages/a/lib");
  for (const bool wiped : {false, true}) {
    if (wiped) wipe("packages/a/lib");
    start();
    restore(build_, key('1'));
    restore(bundle_, key('2'));
    EXPECT_EQ(tree("packages/a/lib"), want);
  }
}

TEST_F(Overlap, StaleMeansInNoneOfTheEntries) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  const auto old = tree("packages/a/lib");
  run(build_, key('3'), [&] {
    write("lib/index.js", "built: 3");
    write("lib/more.js", "built: 3");
  });
  bundle(key('4'), "bundled: 3");
  EXPECT_FALSE(base_.exists("checkout/packages/a/lib/own.js"));
  EXPECT_TRUE(base_.exists("checkout/packages/a/lib/more.js"));
  start();
  restore_both(key('1'), key('2'));
  EXPECT_EQ(tree("packages/a/lib"), old);
}

TEST_F(Overlap, BeforeATargetRunsItsDependenciesOutputsAreAsTheirEntriesSay) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  start();
  // The bundle's own command changed: build hits, and its file lies there in the bundle's version.
  restore(build_, key('1'));
  ASSERT_FALSE(hits(bundle_, key('5')));
  run(bundle_, key('5'), [&] {
    EXPECT_EQ(read("lib/index.js"), "built: 1");
    EXPECT_EQ(read("lib/own.js"), "built: 1");
    EXPECT_FALSE(base_.exists("checkout/packages/a/lib/bundle.js"));
    write("lib/index.js", "bundled: 5");
  });
  wipe("packages/a/lib");
  start();
  restore_both(key('1'), key('5'));
  EXPECT_EQ(read("lib/index.js"), "bundled: 5");
  EXPECT_FALSE(base_.exists("checkout/packages/a/lib/bundle.js"));
}

TEST_F(Overlap, AnotherTargetThatNeedsTheFirstOneSeesItsVersion) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  start();
  restore_both(key('1'), key('2'));
  run(test_, key('6'), [&] { EXPECT_EQ(read("lib/index.js"), "built: 1"); });
}

TEST_F(Overlap, AloneATargetRestoresItsOwnVersion) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  open({build_});
  restore(build_, key('1'));
  EXPECT_EQ(read("lib/index.js"), "built: 1");
  // What belongs to the bundle stays: it is not build's to remove.
  EXPECT_TRUE(base_.exists("checkout/packages/a/lib/bundle.js"));
}

TEST_F(Overlap, OutputsOfTargetsThatAreNoMoreBelongToNobody) {
  build(key('1'), "built: 1");
  bundle(key('2'), "bundled: 1");
  auto chosen = options();
  chosen.targets = {build_};
  chosen.is_known_target = [](std::string_view id) { return id == "a#build"; };
  provider_ = make_provider(std::move(chosen));
  restore(build_, key('1'));
  EXPECT_FALSE(base_.exists("checkout/packages/a/lib/bundle.js"));
}

TEST_F(Overlap, ARootTargetMayWriteIntoAPackage) {
  const Target root = target("#bundle", {{"packages/a/lib/all.js"}});
  open({build_, root});
  build(key('1'), "built: 1");
  run(root, key('8'), [&] { write("lib/all.js", "all"); });
  const auto want = tree("packages/a/lib");
  EXPECT_EQ(want.size(), 3U);
  open({build_, root});
  restore(build_, key('1'));
  EXPECT_EQ(tree("packages/a/lib"), want);
  wipe("packages/a/lib");
  open({build_, root});
  restore(build_, key('1'));
  restore(root, key('8'));
  EXPECT_EQ(tree("packages/a/lib"), want);
}

TEST_F(Overlap, WhatAnUncachedDependencyJustMadeIsNotRemoved) {
  build_.cache = false;
  start();
  write("lib/index.js", "built: just now");
  run(bundle_, key('2'), [&] {
    EXPECT_EQ(read("lib/index.js"), "built: just now");
    write("lib/bundle.js", "b");
  });
  const auto hit = provider_->look_up(key('2'), bundle_);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->info().outputs, 1U);
}

TEST_F(Overlap, DeclaredOutputsOfAnUncachedTargetStayOnAHitOfAnother) {
  write("lib/types.d.ts", "made by an uncached target, days ago");
  Target types = target("a#types", {{"lib/*.d.ts"}});
  types.cache = false;
  open({types, bundle_});
  usleep(50'000);
  run(bundle_, key('2'), [&] {
    EXPECT_TRUE(base_.exists("checkout/packages/a/lib/types.d.ts"));
    write("lib/bundle.js", "b");
  });
  ASSERT_TRUE(hits(bundle_, key('2')));
  open({types, bundle_});
  write("lib/stale.js", "s");
  restore(bundle_, key('2'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/lib/types.d.ts"));
  EXPECT_FALSE(base_.exists("checkout/packages/a/lib/stale.js"));
}

}  // namespace
}  // namespace stillage::test
