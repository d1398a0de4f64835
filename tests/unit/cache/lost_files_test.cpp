// SPDX-License-Identifier: MIT
// Runs that take away what is not their own, and runs that nothing came of.
#include <gmock/gmock.h>
#include <unistd.h>

#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using ::testing::HasSubstr;

class LostFiles : public CacheTest {
 protected:
  LostFiles() {
    lint_.dependencies = {"a#build"};
    use_.dependencies = {"a#build"};
    open({build_, lint_, use_});
  }
  void write(const std::string& name, const std::string& content) {
    base_.write("checkout/packages/a/" + name, content);
  }
  void build() {
    const auto stored = run(build_, key('1'), [&] {
      write("dist/one", "1");
      write("dist/two", "2");
    });
    ASSERT_EQ(stored.not_stored_because, "");
  }
  Target build_ = target("a#build");
  Target lint_ = target("a#lint", {{"reports/**"}});
  Target use_ = target("b#use", std::vector<std::string>{});
};

TEST_F(LostFiles, ARunThatDeletesATrackedFileInItsOutputsIsNotStored) {
  tree_->tracked_ = {"packages/a/dist/kept", "packages/a/dist-more/other", "packages/a/src/x"};
  write("dist/kept", "by hand");
  auto stored = run(build_, key('1'), [&] {
    wipe("packages/a/dist/kept");
    write("dist/one", "1");
  });
  EXPECT_FALSE(stored.entry);
  EXPECT_THAT(stored.not_stored_because, HasSubstr("deleted the tracked file packages/a/dist/kept"));
  // As long as git tracks it, a fresh checkout has it.
  open();
  stored = run(build_, key('1'), [&] { write("dist/one", "1"); });
  EXPECT_THAT(stored.not_stored_because, HasSubstr("lack the tracked file packages/a/dist/kept"));
  tree_->tracked_.erase("packages/a/dist/kept");
  open();
  stored = run(build_, key('1'), [&] { write("dist/one", "1"); });
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(LostFiles, ARunThatRewritesATrackedFileIsStored) {
  tree_->tracked_ = {"packages/a/dist/kept"};
  write("dist/kept", "old");
  const auto stored = run(build_, key('1'), [&] {
    wipe("packages/a/dist/kept");
    write("dist/kept", "new");
  });
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(LostFiles, ARunThatDeletesAnotherTargetsOutputIsNotStored) {
  for (const Target& later : {lint_, use_}) {
    wipe("packages/a/dist");
    open({build_, lint_, use_});
    if (hits(build_, key('1')))
      restore(build_, key('1'));
    else
      build();
    base_.make_dir("checkout/packages/b");
    const auto stored = run(later, key('2'), [&] { wipe("packages/a/dist/two"); });
    EXPECT_FALSE(stored.entry) << later.id;
    EXPECT_THAT(stored.not_stored_because, HasSubstr("deleted packages/a/dist/two, an output of a#build"));
  }
}

TEST_F(LostFiles, WhatWasGoneBeforeIsNotTheRunsDoing) {
  build();
  usleep(
      20'000);  // a file system's clock ticks: what goes within one tick of the snapshot may leave no trace
  wipe("packages/a/dist/two");
  const auto stored = run(lint_, key('2'), [&] { write("reports/r", "r"); });
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(LostFiles, WhatItsOwnTargetTookAwayMeanwhileIsNotTheRunsDoing) {
  lint_.dependencies = {};
  open({build_, lint_});
  build();
  const auto stored = run(lint_, key('2'), [&] {
    write("reports/r", "r");
    run(build_, key('3'), [&] { write("dist/one", "3"); });
  });
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(LostFiles, AResultThatStoodOnAnotherRunsOutputsIsNotStored) {
  build();
  const auto rebuild = [&] {
    const auto other = make_provider(options());
    ASSERT_TRUE(other->prepare(build_));
    write("dist/one", "newer");
    ASSERT_TRUE(other->put(key('9'), build_));
  };
  // Made anew while it ran.
  auto stored = run(lint_, key('2'), [&] {
    write("reports/r", "r");
    rebuild();
  });
  EXPECT_FALSE(stored.entry);
  EXPECT_THAT(stored.not_stored_because, HasSubstr("made the outputs of a#build anew"));
  // Made anew before, so that they are not those of this process any more.
  base_.make_dir("checkout/packages/b");
  stored = run(use_, key('3'), [] {});
  EXPECT_THAT(stored.not_stored_because, HasSubstr("made the outputs of a#build anew"));
  // Who starts afterwards stands on what is there.
  open({build_, lint_, use_});
  stored = run(use_, key('4'), [] {});
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(LostFiles, AResultThatStandsOnOutputsWhichAnotherRunIsMakingIsNotStored) {
  build();
  const auto other = make_provider(options());
  ASSERT_TRUE(other->prepare(build_));
  base_.make_dir("checkout/packages/b");
  const auto stored = run(use_, key('3'), [] {});
  EXPECT_FALSE(stored.entry);
  EXPECT_THAT(stored.not_stored_because, HasSubstr("made the outputs of a#build anew"));
  ASSERT_TRUE(other->abandon(build_));
}

TEST_F(LostFiles, WhatAnAbandonedRunLeftIsItsTargetsForOthersToo) {
  tree_->ignored_names_.clear();
  ASSERT_TRUE(provider_->prepare(build_));
  write("dist/half", "half");
  usleep(100'000);  // so young a file could be changed without a trace
  ASSERT_TRUE(provider_->abandon(build_));
  // Another process, while this one goes on.
  const auto other = make_provider(options());
  ASSERT_TRUE(other->prepare(build_));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/half"));
  EXPECT_TRUE(entries().empty());
}

TEST_F(LostFiles, AnAbandonedRunHasEnded) {
  ASSERT_TRUE(provider_->prepare(build_));
  write("dist/half", "half");
  ASSERT_TRUE(provider_->abandon(build_));
  EXPECT_TRUE(provider_->abandon(build_));
  const auto stored = run(target("a#bundle"), key('2'), [&] { write("dist/bundle", "2"); });
  ASSERT_TRUE(stored.entry) << stored.not_stored_because;
  EXPECT_EQ(stored.entry->info().outputs, 1U);
}

}  // namespace
}  // namespace stillage::test
