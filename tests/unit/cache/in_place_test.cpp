// SPDX-License-Identifier: MIT
// The question whether everything is in place: asked of a hit without any change or lock, and answered from
// snapshots, packed or not.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <thread>

#include "cache/snapshot_pack.h"
#include "os/dir.h"
#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class InPlaceHit : public CacheTest {
 protected:
  void SetUp() override {
    open({a_});
    run(a_, key('1'), [&] {
      base_.write("checkout/packages/a/dist/one.js", "1");
      base_.write("checkout/packages/a/dist/sub/two.js", "2");
    });
    let_times_settle();
    restore(a_, key('1'));  // with marks that prove something
  }
  std::optional<RestoreReport> in_place() {
    const auto hit = provider_->look_up(key('1'), a_);
    EXPECT_TRUE(hit && *hit);
    const auto report = (*hit)->in_place(StaleOutputs::remove);
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(std::nullopt);
  }
  std::string pack() const { return state_folder_ + "/snapshots-pack"; }

  const Target a_ = target("a#build");
};

TEST_F(InPlaceHit, SaysSoAndTouchesNothing) {
  const auto before = stats("packages/a");
  const auto report = in_place();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->unchanged, 2U);
  EXPECT_EQ(report->written + report->removed, 0U);
  EXPECT_EQ(stats("packages/a"), before);
}

TEST_F(InPlaceHit, LeavesEachChangeToARestore) {
  const std::vector<std::function<void()>> changes = {
      [&] { base_.write("checkout/packages/a/dist/one.js", "changed"); },
      [&] { wipe("packages/a/dist/one.js"); },
      [&] { base_.write("checkout/packages/a/dist/sub/stale.js", "x"); },
      [&] { ::chmod((root_ + "/packages/a/dist/one.js").c_str(), 0755); },
      [&] { wipe("packages/a/dist"); },
  };
  for (const auto& change : changes) {
    ASSERT_TRUE(in_place());
    change();
    const auto changed = stats("packages/a");
    EXPECT_FALSE(in_place());
    EXPECT_EQ(stats("packages/a"), changed);
    restore(a_, key('1'));
    let_times_settle();
    restore(a_, key('1'));
  }
}

TEST_F(InPlaceHit, DoesNotNeedTheEntryOpen) {
  const auto hit = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  ASSERT_TRUE(store_->clear());
  const auto report = (*hit)->in_place();
  EXPECT_TRUE(report && *report);
  const auto none = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr) << "an entry that is gone is a miss";
}

TEST_F(InPlaceHit, IsNoneWithoutASnapshot) {
  close();
  ASSERT_TRUE(os::remove_tree(state_folder_ + "/snapshots"));
  open({a_});
  EXPECT_FALSE(in_place());
}

TEST_F(InPlaceHit, ComesFromThePackOnlyWhileTheSnapshotIsTheSame) {
  open({a_});
  ASSERT_TRUE(in_place());
  close();  // packs
  ASSERT_TRUE(os::stat_path(pack()).value_or(std::nullopt));
  open({a_});
  EXPECT_TRUE(in_place());
  // A pack that lies is not believed once the snapshot's own file has gone or changed.
  close();
  const auto packages = os::list_dir(state_folder_ + "/snapshots");
  ASSERT_TRUE(packages && packages->size() == 1U);
  const std::string folder = state_folder_ + "/snapshots/" + packages->front().name;
  const auto files = os::list_dir(folder);
  ASSERT_TRUE(files && files->size() == 1U);
  const std::string file = folder + "/" + files->front().name;
  const auto content = os::read_file(file);
  ASSERT_TRUE(content);
  ASSERT_TRUE(os::write_file_atomic(file, "damaged"));
  open({a_});
  EXPECT_FALSE(in_place());
  close();
  ASSERT_TRUE(os::write_file_atomic(file, *content));
  open({a_});
  EXPECT_TRUE(in_place()) << "the same content under another stat is read";
}

TEST_F(InPlaceHit, DamageOfThePackIsNoDamage) {
  open({a_});
  ASSERT_TRUE(in_place());
  close();
  const auto whole = os::read_file(pack());
  ASSERT_TRUE(whole);
  for (std::size_t at = 0; at < whole->size(); at += 7) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_TRUE(os::write_file_atomic(pack(), damaged));
    EXPECT_EQ(cache::SnapshotPack::read(pack()), nullptr) << "flipped at " << at;
    ASSERT_TRUE(os::write_file_atomic(pack(), whole->substr(0, at)));
    EXPECT_EQ(cache::SnapshotPack::read(pack()), nullptr) << "cut at " << at;
  }
  open({a_});
  EXPECT_TRUE(in_place());
}

// From here on with what looks ahead, whether that has come to the target before its look-up or not.

TEST_F(InPlaceHit, SeenAheadIsSaidTheSame) {
  std::vector<Target> targets = {a_};
  for (char name = 'b'; name < 'k'; ++name) targets.push_back(target(std::string(1, name) + "#build"));
  for (int round = 0; round < 20; ++round) {
    open(targets).look_ahead();
    if (round % 2 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto report = in_place();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->unchanged, 2U);
    EXPECT_EQ(report->written + report->removed, 0U);
  }
}

TEST_F(InPlaceHit, ChangesBeforeLookingAheadAreSeen) {
  const std::vector<std::function<void()>> changes = {
      [&] { base_.write("checkout/packages/a/dist/one.js", "changed"); },
      [&] { wipe("packages/a/dist/sub/two.js"); },
      [&] { base_.write("checkout/packages/a/dist/sub/stale.js", "x"); },
      [&] { wipe("packages/a/dist"); },
  };
  for (const auto& change : changes) {
    change();
    open({a_}).look_ahead();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_FALSE(in_place());
    restore(a_, key('1'));
    let_times_settle();
    restore(a_, key('1'));
  }
}

TEST_F(InPlaceHit, WhatAnotherProcessMadeAfterTheLookIsNotTakenForTheEntry) {
  auto& ahead = open({a_});
  const auto kept = provider_;
  ahead.look_ahead();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  open({a_});
  run(a_, key('2'), [&] { base_.write("checkout/packages/a/dist/one.js", "another"); });
  close();
  provider_ = kept;
  const auto hit = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  const auto report = (*hit)->in_place(StaleOutputs::remove);
  ASSERT_TRUE(report);
  EXPECT_FALSE(*report);
  restore(a_, key('1'));
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
}

TEST_F(InPlaceHit, LookingAheadEndsWithTheProvider) {
  for (int round = 0; round < 50; ++round) open({a_, target("b#build")}).look_ahead();
}

}  // namespace
}  // namespace stillage::test
