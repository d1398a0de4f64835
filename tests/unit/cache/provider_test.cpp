// SPDX-License-Identifier: MIT
// What the ArchiveCacheProvider stores, finds and restores.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using ::testing::HasSubstr;

class Provider : public CacheTest {
 protected:
  Provider() { open(); }
  void write(const std::string& name, const std::string& content, unsigned mode = 0644) {
    base_.write("checkout/packages/a/" + name, content, mode);
  }
  const std::string package_ = "packages/a";
};

TEST_F(Provider, AnUnknownHashIsAMiss) {
  EXPECT_FALSE(hits(target("a#build"), key('1')));
}

TEST_F(Provider, WhatWasStoredComesBack) {
  const Target a = target("a#build");
  const auto stored = run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/deep/er/two.js", std::string(300'000, 'x'), 0755);
    base_.symlink("checkout/packages/a/dist/link", "one.js");
    base_.symlink("checkout/packages/a/dist/dangling", "/nowhere/at/all");
    base_.make_dir("checkout/packages/a/dist/empty");
  });
  EXPECT_EQ(stored.not_stored_because, "");
  ASSERT_TRUE(stored.entry);
  EXPECT_EQ(stored.entry->info().outputs, 5U);
  const auto before = tree("packages/a/dist");
  wipe("packages/a/dist");
  open();
  const auto report = restore(a, key('1'));
  EXPECT_EQ(tree("packages/a/dist"), before);
  EXPECT_EQ(report.written, 5U);
}

TEST_F(Provider, OutputsInPlaceAreNotTouched) {
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/deep/two.js", "2");
  });
  const auto before = stats("packages/a/dist");
  for (int i = 0; i < 3; ++i) {
    open();
    const auto report = restore(a, key('1'));
    EXPECT_EQ(report.written + report.removed, 0U);
    EXPECT_EQ(report.unchanged, 2U);
  }
  EXPECT_EQ(stats("packages/a/dist"), before);
}

TEST_F(Provider, OutputsInPlaceAreKnownWithoutReadingTheEntry) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  usleep(50'000);
  open();
  restore(a, key('1'));
  open();
  const auto hit = provider_->look_up(key('1'), a);
  ASSERT_TRUE(hit && *hit);
  // Nobody could read it now.
  ASSERT_EQ(::truncate(only_entry().c_str(), 0), 0);
  const auto restored = (*hit)->restore();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->unchanged, 1U);
}

TEST_F(Provider, OnlyWhatDiffersIsWritten) {
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/two.js", "2");
    write("dist/three.js", "3", 0755);
  });
  const auto want = tree("packages/a/dist");
  auto before = stats("packages/a/dist");
  write("dist/two.js", "edited");
  ::chmod((root_ + "/packages/a/dist/three.js").c_str(), 0644);
  open();
  const auto report = restore(a, key('1'));
  EXPECT_EQ(report.written, 2U);
  EXPECT_EQ(tree("packages/a/dist"), want);
  EXPECT_EQ(stats("packages/a/dist")["one.js"], before["one.js"]);
}

TEST_F(Provider, AnEditThatKeepsSizeAndTimeIsNoticed) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  const std::string path = root_ + "/packages/a/dist/one.js";
  struct stat st;
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  write("dist/one.js", "2");
  const timespec times[2] = {st.st_atim, st.st_mtim};
  ASSERT_EQ(::utimensat(-100, path.c_str(), times, 0), 0);
  restore(a, key('1'));
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
}

TEST_F(Provider, StaleOutputsAreRemovedOnAHitAndFoldersWithThem) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  run(a, key('2'), [&] {
    write("dist/one.js", "2");
    write("dist/more/two.js", "2");
  });
  const auto report = restore(a, key('1'));
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(tree("packages/a/dist"), (std::map<std::string, std::string>{{"one.js", "644 1"}}));
}

TEST_F(Provider, StaleOutputsStayIfAsked) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/other.js", "x");
  restore(a, key('1'), StaleOutputs::keep);
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/other.js"));
  restore(a, key('1'));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/other.js"));
}

TEST_F(Provider, WhatEarlierRunsLeftIsNotStoredByTheNextOne) {
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/old.js", "1");
    write("dist/sub/old.js", "1");
  });
  run(a, key('2'), [&] { write("dist/new.js", "2"); });
  EXPECT_EQ(tree("packages/a/dist"), (std::map<std::string, std::string>{{"new.js", "644 2"}}));
  wipe("packages/a/dist");
  restore(a, key('2'));
  EXPECT_EQ(tree("packages/a/dist"), (std::map<std::string, std::string>{{"new.js", "644 2"}}));
}

TEST_F(Provider, FilesThatGitTracksOrWouldListStay) {
  tree_->ignored_names_ = {"cache"};
  tree_->tracked_.insert("packages/a/dist/tracked.txt");
  write("dist/tracked.txt", "t");
  write("dist/users.txt", "u");
  write("dist/cache/x", "c");
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/cache/one.js", "1"); });
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/tracked.txt"));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/users.txt"));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/cache/x"));
  EXPECT_EQ(told_of("dist/users.txt"), 1U);
  restore(a, key('1'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/tracked.txt"));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/users.txt"));
}

TEST_F(Provider, OfGlobsWithoutALiteralFirstSegmentOnlyOwnOutputsGo) {
  const Target a = target("a#build", {{"**/*.js"}});
  write("dist/hand.js", "h");
  const auto first = run(a, key('1'), [&] { write("dist/one.js", "1"); });
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/hand.js"));
  EXPECT_THAT(first.not_stored_because, HasSubstr("packages/a/dist/hand.js"));
  wipe("packages/a/dist/hand.js");
  run(a, key('1'), [&] { write("dist/two.js", "1"); });
  EXPECT_EQ(tree("packages/a/dist").size(), 1U);
}

TEST_F(Provider, WithoutGitOnlyOwnUnchangedOutputsGo) {
  tree_->has_git_ = false;
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/two.js", "2");
  });
  write("dist/two.js", "edited by hand");
  write("dist/mine.js", "mine");
  ASSERT_TRUE(provider_->prepare(a));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/one.js"));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/two.js"));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/mine.js"));
}

TEST_F(Provider, UndeclaredOutputsAreWhatGitIgnoresInTheUsualFolders) {
  const Target a = target("a#build", std::nullopt);
  tree_->tracked_.insert("packages/a/lib/tracked.js");
  const auto stored = run(a, key('1'), [&] {
    write("lib/one.js", "1");
    write("other/not.js", "1");
    tree_->ignored_names_.insert("other");
  });
  EXPECT_EQ(stored.not_stored_because, "");
  wipe("packages/a/lib");
  wipe("packages/a/other");
  open();
  restore(a, key('1'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/lib/one.js"));
  EXPECT_FALSE(base_.exists("checkout/packages/a/other"));
}

TEST_F(Provider, UndeclaredOutputsThatGitWouldListAreNotStored) {
  const Target a = target("a#build", std::nullopt);
  write("notes.txt", "the user's own, and older");
  usleep(50'000);
  const auto stored = run(a, key('1'), [&] {
    write("lib/one.js", "1");
    write("gen/two.ts", "2");
  });
  EXPECT_THAT(stored.not_stored_because, HasSubstr("packages/a/gen/two.ts"));
  EXPECT_THAT(stored.not_stored_because, HasSubstr("\"outputs\": [\"gen/**\"]"));
  EXPECT_FALSE(stored.entry);
  EXPECT_TRUE(entries().empty());
}

TEST_F(Provider, UndeclaredOutputsAreNotStoredWithoutGit) {
  tree_->has_git_ = false;
  const auto stored = run(target("a#build", std::nullopt), key('1'), [&] { write("lib/one.js", "1"); });
  EXPECT_THAT(stored.not_stored_because, HasSubstr("\"outputs\""));
}

TEST_F(Provider, ALeftoverThatAToolMayCountOnIsNotStoredOver) {
  // Nobody knows who made it, and a tool that only writes what changes would not touch it.
  const Target a = target("a#build", std::nullopt);
  write("lib/unchanged.js", "u");
  const auto stored = run(a, key('1'), [&] { write("lib/one.js", "1"); });
  EXPECT_THAT(stored.not_stored_because, HasSubstr("packages/a/lib/unchanged.js"));
}

TEST_F(Provider, AToolThatDoesNotRewriteEqualFilesIsStoredWhole) {
  const Target a = target("a#build", std::nullopt);
  const auto work = [&] {
    if (!base_.exists("checkout/packages/a/lib/same.js")) write("lib/same.js", "same");
    write("lib/one.js", "1");
  };
  run(a, key('1'), work);
  run(a, key('2'), work);
  wipe("packages/a/lib");
  restore(a, key('2'));
  EXPECT_EQ(tree("packages/a/lib").size(), 2U);
}

TEST_F(Provider, IncrementalStateIsKeptForTheNextRunAndStoredWithIt) {
  const Target a = target("a#build", {{"dist/**", "dist/tsconfig.tsbuildinfo"}});
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/tsconfig.tsbuildinfo", "info");
  });
  usleep(50'000);
  open();
  run(a, key('2'), [&] {
    EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
    write("dist/two.js", "2");
  });
  wipe("packages/a/dist");
  restore(a, key('2'));
  EXPECT_EQ(tree("packages/a/dist").size(), 3U);
}

TEST_F(Provider, IncrementalStateGoesWhenOutputsAreNotTheLastOnes) {
  const Target a = target("a#build", {{"dist/**", "dist/tsconfig.tsbuildinfo"}});
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/one.js", "edited");
  ASSERT_TRUE(provider_->prepare(a));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_F(Provider, IncrementalStateGoesWhenAnInputHasDisappeared) {
  auto chosen = options();
  chosen.lost_an_input = [](const Target&, const std::string& previous) { return previous == key('1'); };
  provider_ = make_provider(std::move(chosen));
  Target a = target("a#build");
  a.clean = false;
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  ASSERT_TRUE(provider_->prepare(a));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_F(Provider, BuildInfoThatNoGlobCoversGoesWithTheOutputs) {
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("tsconfig.tsbuildinfo", "info");
  });
  ASSERT_TRUE(provider_->prepare(a));
  EXPECT_FALSE(base_.exists("checkout/packages/a/tsconfig.tsbuildinfo"));
  ASSERT_TRUE(provider_->put(key('2'), a));
  write("tsconfig.tsbuildinfo", "info");
  restore(a, key('1'));
  EXPECT_FALSE(base_.exists("checkout/packages/a/tsconfig.tsbuildinfo"));
}

TEST_F(Provider, BuildInfoIsFoundWhetherNamesInFoldersAreKnownOrNot) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  write("src/deep/x.ts", "x");
  for (const bool comes_later : {false, true}) {
    const auto stat_of = [&](const std::string& path) {
      return **os::stat_path(root_ + "/packages/a" + path);
    };
    if (!comes_later) write("src/deep/a.tsbuildinfo", "info");
    tree_->known_names_ = {
        {"packages/a", {stat_of(""), {{"src", os::FileKind::directory}}}},
        {"packages/a/src", {stat_of("/src"), {{"deep", os::FileKind::directory}}}},
        {"packages/a/src/deep", {stat_of("/src/deep"), {{"x.ts", os::FileKind::regular}}}}};
    if (comes_later) {
      usleep(20'000);
      write("src/deep/a.tsbuildinfo", "info");
    } else {
      tree_->known_names_["packages/a/src/deep"].second.push_back({"a.tsbuildinfo", os::FileKind::regular});
    }
    wipe("packages/a/dist");
    restore(a, key('1'));
    EXPECT_FALSE(base_.exists("checkout/packages/a/src/deep/a.tsbuildinfo")) << comes_later;
    EXPECT_TRUE(base_.exists("checkout/packages/a/src/deep/x.ts"));
  }
}

TEST_F(Provider, AnEntryOfAnotherTargetIsAMiss) {
  run(target("a#build"), key('1'), [&] { write("dist/one.js", "1"); });
  EXPECT_FALSE(hits(target("a#other"), key('1')));
}

TEST_F(Provider, OutputsWithThePathOfTheCheckoutAreBoundToIt) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "see " + root_ + "/src"); });
  EXPECT_EQ(told_of("path of this checkout"), 1U);
  wipe("packages/a/dist");
  restore(a, key('1'));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));

  base_.make_dir("elsewhere/packages/a");
  root_ = base_ / "elsewhere";
  tree_ = std::make_shared<SimpleTree>(root_);
  state_folder_ = base_ / "state2";
  open();
  EXPECT_FALSE(hits(target("a#build"), key('1')));
  Target allowed = target("a#build");
  allowed.absolute_paths = AbsolutePaths::allow;
  run(allowed, key('2'), [&] { base_.write("elsewhere/packages/a/dist/one.js", root_); });
  EXPECT_EQ(told_of("path of this checkout"), 0U);
}

TEST_F(Provider, OutputsWithAnEscapedPathOfTheCheckoutAreBoundToIt) {
  std::string escaped;
  for (const char c : root_) escaped += c == '/' ? "\\/" : std::string(1, c);
  run(target("a#build"), key('1'), [&] { write("dist/one.json", "{\"root\":\"" + escaped + "\"}"); });
  EXPECT_EQ(told_of("path of this checkout"), 1U);
}

TEST_F(Provider, TheLogComesBackWithThePathOfWhereItIsShown) {
  const Target a = target("a#build");
  const std::string half = root_.substr(0, root_.size() / 2);
  RunResult result;
  result.log = {{LogStream::out, "in " + root_ + "/src\n"},
                {LogStream::err, "at " + half},
                {LogStream::out, "and\n"},
                {LogStream::err, root_.substr(half.size()) + "/x\n"}};
  result.duration = std::chrono::milliseconds(1500);
  run(
      a, key('1'), [&] { write("dist/one.js", "1"); }, result);

  base_.make_dir("b/packages/a");
  root_ = base_ / "b";
  tree_ = std::make_shared<SimpleTree>(root_);
  state_folder_ = base_ / "state2";
  open();
  const auto hit = provider_->look_up(key('1'), target("a#build"));
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->info().duration, result.duration);
  const auto log = (*hit)->log();
  ASSERT_TRUE(log);
  std::string out, err;
  for (const LogChunk& chunk : *log) (chunk.stream == LogStream::out ? out : err) += chunk.text;
  EXPECT_EQ(out, "in " + root_ + "/src\nand\n");
  EXPECT_EQ(err, "at " + root_ + "/x\n");
  EXPECT_EQ(log->size(), 4U);
}

TEST_F(Provider, SpecialFilesAreToldAndNotStored) {
  const Target a = target("a#build");
  const auto stored = run(a, key('1'), [&] {
    write("dist/one.js", "1");
    ASSERT_EQ(::mkfifo((root_ + "/packages/a/dist/pipe").c_str(), 0644), 0);
  });
  ASSERT_TRUE(stored.entry);
  EXPECT_EQ(stored.entry->info().outputs, 1U);
  EXPECT_EQ(told_of("dist/pipe"), 1U);
}

TEST_F(Provider, WhatAFailedRunLeftIsOursToRemove) {
  const Target a = target("a#build", std::nullopt);
  ASSERT_TRUE(provider_->prepare(a));
  write("lib/half.js", "half");
  open();  // the process ends without a put
  const auto stored = run(a, key('1'), [&] {
    EXPECT_FALSE(base_.exists("checkout/packages/a/lib/half.js"));
    write("lib/one.js", "1");
  });
  EXPECT_EQ(stored.not_stored_because, "");
}

TEST_F(Provider, ResultsOfTargetsThatRanAtTheSameTimeAreKeptApart) {
  const Target build = target("a#build", std::nullopt);
  const Target lint = target("a#lint", std::nullopt);
  ASSERT_TRUE(provider_->prepare(build));
  ASSERT_TRUE(provider_->prepare(lint));
  write("lib/one.js", "1");
  const auto linted = provider_->put(key('1'), lint);
  ASSERT_TRUE(linted);
  EXPECT_THAT(linted->not_stored_because, HasSubstr("a#build"));
}

TEST_F(Provider, ATargetThatRunsBesideOneThatIsStoredHoldsNothingOfIt) {
  const Target build = target("a#build", std::nullopt);
  const Target lint = target("a#lint", std::nullopt);
  run(build, key('1'), [&] { write("lib/one.js", "1"); });
  const auto linted = run(lint, key('2'), [&] {});
  EXPECT_EQ(linted.not_stored_because, "");
  ASSERT_TRUE(linted.entry);
  EXPECT_EQ(linted.entry->info().outputs, 0U);
}

TEST_F(Provider, OutputsOutsideOfThePackageAreAnError) {
  const auto put = provider_->put(key('1'), target("a#build", {{"../b/dist/**"}}));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::invalid);
  EXPECT_THAT(put.error().message, HasSubstr("../b/dist/**"));
}

TEST_F(Provider, ModesOfTheCacheAreKept) {
  const Target a = target("a#build");
  const auto with_mode = [&](CacheMode mode) {
    auto chosen = options();
    chosen.mode = mode;
    provider_ = make_provider(std::move(chosen));
  };
  with_mode(CacheMode::read_only);
  EXPECT_TRUE(provider_->is_read_only());
  EXPECT_THAT(run(a, key('1'), [&] { write("dist/one.js", "1"); }).not_stored_because,
              HasSubstr("read-only"));
  EXPECT_TRUE(entries().empty());
  with_mode(CacheMode::write_only);
  EXPECT_TRUE(run(a, key('1'), [&] { write("dist/one.js", "1"); }).entry);
  EXPECT_FALSE(hits(a, key('1')));
  with_mode(CacheMode::pass);
  write("dist/stays.js", "1");
  EXPECT_FALSE(run(a, key('2'), [] {}).entry);
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/stays.js"));
  EXPECT_FALSE(hits(a, key('1')));
  with_mode(CacheMode::read_write);
  EXPECT_TRUE(hits(a, key('1')));
}

TEST_F(Provider, WithoutAStateFolderAllWorksByComparing) {
  state_folder_.clear();
  open();
  const Target a = target("a#build");
  run(a, key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/two.js", "2");
  });
  open();
  write("dist/two.js", "edited");
  write("dist/stale.js", "stale");
  const auto report = restore(a, key('1'));
  EXPECT_EQ(report.written, 1U);
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.unchanged, 1U);
}

TEST_F(Provider, DamagedStateIsNoState) {
  const Target a = target("a#build");
  run(a, key('1'), [&] { write("dist/one.js", "1"); });
  close();
  ASSERT_TRUE(os::remove_tree(state_folder_));
  base_.write("state/snapshots", "a file where a folder should be");
  open();
  write("dist/one.js", "edited");
  restore(a, key('1'));
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
}

TEST_F(Provider, OutputsOfGlobsThatWereDeclaredBeforeGoToo) {
  run(target("a#build", {{"old/**"}}), key('1'), [&] { write("old/one.js", "1"); });
  open();
  run(target("a#build", {{"dist/**"}}), key('2'), [&] { write("dist/one.js", "1"); });
  EXPECT_FALSE(base_.exists("checkout/packages/a/old"));
}

}  // namespace
}  // namespace stillage::test
