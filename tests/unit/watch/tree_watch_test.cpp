// SPDX-License-Identifier: MIT
#include "watch/tree_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class Watch : public testing::Test {
 protected:
  Watch() {
    dir_.make_dir("cookies");
    dir_.make_dir("state");
    dir_.write("repo/src/deep/x", "x");
    dir_.write("repo/src/y", "y");
    dir_.write("beside/z", "z");
    auto opened = TreeWatch::open(repo(), dir_ / "cookies");
    EXPECT_TRUE(opened) << opened.error().message;
    watch_ = std::move(*opened);
  }

  std::string repo() const { return dir_ / "repo"; }

  /// Has all that is there watched, and `absent` too; everything that changes later is told.
  void watch_all(const std::vector<std::string>& absent = {}) {
    WatchListBuilder builder({repo()});
    for (const std::string& path : absent) builder.add_folder(path);
    for (const auto& entry : fs::recursive_directory_iterator(repo()))
      entry.is_directory() && !entry.is_symlink() ? builder.add_folder(entry.path().string())
                                                  : builder.add_file(entry.path().string());
    ASSERT_TRUE(write_watch_list(dir_ / "state", builder.encode()));
    auto list = read_watch_list(dir_ / "state");
    ASSERT_TRUE(list);
    EXPECT_EQ(watch_->drain(), TreeWatch::Health::good);
    watch_->begin(std::move(*list));
    while (watch_->go_on(2)) EXPECT_EQ(watch_->drain(), TreeWatch::Health::good);
    EXPECT_EQ(watch_->registration().failure, "");
    EXPECT_NE(watch_->registration().completed_ns, 0);
  }

  std::vector<std::string> changes() {
    health_ = watch_->drain();
    auto since = watch_->changes_since(watch_->registration().since, 1000);
    EXPECT_TRUE(since.is_known);
    return since.paths;
  }

  test::TempDir dir_;
  std::unique_ptr<TreeWatch> watch_;
  TreeWatch::Health health_ = TreeWatch::Health::good;
};

TEST_F(Watch, TellsWritesNewNamesAndGoneOnes) {
  watch_all();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("repo/src/y", "Y");
  EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
  dir_.write("repo/src/deep/new", "");
  EXPECT_THAT(changes(), Contains(repo() + "/src/deep/new"));
  fs::remove(repo() + "/src/deep/x");
  EXPECT_THAT(changes(), Contains(repo() + "/src/deep/x"));
  fs::permissions(repo() + "/src", fs::perms::owner_all);
  EXPECT_THAT(changes(), Contains(repo() + "/src"));
}

TEST_F(Watch, TellsAWriteByWayOfAnotherHardLink) {
  watch_all();
  fs::create_hard_link(repo() + "/src/y", dir_ / "beside/link");
  EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
  watch_all();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("beside/link", "through the other name");
  EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
}

TEST_F(Watch, TellsAChangeByEachNameOfAFile) {
  fs::create_hard_link(repo() + "/src/y", repo() + "/src/deep/first");
  fs::create_hard_link(repo() + "/src/y", repo() + "/last");
  fs::create_hard_link(repo() + "/src/y", dir_ / "beside/link");
  watch_all();
  dir_.write("beside/link", "through a name that is not watched");
  EXPECT_THAT(changes(), IsSupersetOf({repo() + "/src/y", repo() + "/src/deep/first", repo() + "/last"}));
  // The same after watches were kept.
  watch_all();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("beside/link", "again");
  EXPECT_THAT(changes(), IsSupersetOf({repo() + "/src/y", repo() + "/src/deep/first", repo() + "/last"}));
}

TEST_F(Watch, AFolderThatIsAlsoListedAsAFileTellsItsNames) {
  WatchListBuilder builder({repo()});
  builder.add_folder(repo() + "/src/deep");
  builder.add_file(repo() + "/src/deep");  // which it was for another command
  ASSERT_TRUE(write_watch_list(dir_ / "state", builder.encode()));
  watch_->begin(*read_watch_list(dir_ / "state"));
  while (watch_->go_on(100)) continue;
  dir_.write("repo/src/deep/new", "");
  EXPECT_THAT(changes(), Contains(repo() + "/src/deep/new"));
}

TEST_F(Watch, TellsAWriteThroughAMappingWhenItIsClosed) {
  watch_all();
  const int fd = ::open((repo() + "/src/y").c_str(), O_RDWR);
  void* const data = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_NE(data, MAP_FAILED);
  ::close(fd);
  EXPECT_THAT(changes(), IsEmpty());
  *static_cast<char*>(data) = 'M';
  ::munmap(data, 1);
  EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
}

TEST_F(Watch, FollowsNamesNotFiles) {
  watch_all();
  fs::rename(repo() + "/src", dir_ / "beside/src");
  dir_.write("repo/src/y", "another");
  dir_.write("repo/src/deep/x", "another");
  EXPECT_THAT(changes(), Contains(repo() + "/src"));
  watch_all();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("beside/src/y", "nobody's any more");
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("repo/src/deep/x", "X");
  EXPECT_THAT(changes(), Contains(repo() + "/src/deep/x"));
}

TEST_F(Watch, SeesAFolderThatWasNotThere) {
  watch_all({repo() + "/lib/deep/deeper"});
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("repo/lib/deep/deeper/x", "x");
  EXPECT_THAT(changes(), Contains(repo() + "/lib"));
  watch_all({repo() + "/lib/deep/deeper"});
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("repo/lib/deep/deeper/y", "y");
  EXPECT_THAT(changes(), Contains(repo() + "/lib/deep/deeper/y"));
}

TEST_F(Watch, FindsABaseThatCameLaterOrLiesElsewhereNow) {
  const auto watch_base = [&] {
    WatchListBuilder builder({dir_ / "cache/store"});
    builder.add_folder(dir_ / "cache/store");
    builder.add_file(dir_ / "cache/store/x");
    ASSERT_TRUE(write_watch_list(dir_ / "state", builder.encode()));
    watch_->begin(*read_watch_list(dir_ / "state"));
    while (watch_->go_on(100)) continue;
  };
  watch_base();
  dir_.write("cache/store/x", "made later");
  watch_base();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("cache/store/x", "x");
  EXPECT_THAT(changes(), Contains(dir_ / "cache/store/x"));
  watch_base();
  fs::rename(dir_ / "cache", dir_ / "beside/cache");
  dir_.write("cache/store/x", "in another folder");
  watch_base();
  EXPECT_THAT(changes(), IsEmpty());
  dir_.write("cache/store/x", "changed there");
  EXPECT_THAT(changes(), Contains(dir_ / "cache/store/x"));
}

TEST_F(Watch, AWatchedFileThatWasReplacedIsWatchedAgain) {
  for (int i = 0; i < 3; ++i) {
    watch_all();
    dir_.write("repo/other", std::to_string(i));
    fs::rename(repo() + "/other", repo() + "/src/y");
    EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
    watch_all();
    fs::create_hard_link(repo() + "/src/y", dir_ / ("beside/" + std::to_string(i)));
    (void)changes();
    watch_all();
    dir_.write("beside/" + std::to_string(i), "later");
    EXPECT_THAT(changes(), Contains(repo() + "/src/y"));
  }
}

TEST_F(Watch, WhatIsGivenUpIsNotKnown) {
  watch_all();
  const std::uint64_t early = watch_->registration().since;
  EXPECT_TRUE(watch_->changes_since(early, 10).is_known);
  fs::remove_all(repo() + "/src/deep");
  watch_all();
  EXPECT_FALSE(watch_->changes_since(early, 10).is_known);
  EXPECT_TRUE(watch_->changes_since(watch_->registration().since, 10).is_known);
  EXPECT_FALSE(watch_->changes_since(watch_->registration().since + 1'000'000, 10).is_known);
}

TEST_F(Watch, AListThatHasMoreKeepsWhatIsKnown) {
  watch_all();
  const std::uint64_t early = watch_->registration().since;
  dir_.write("repo/src/more/new", "");
  watch_all();
  const auto since = watch_->changes_since(early, 10);
  EXPECT_TRUE(since.is_known);
  EXPECT_THAT(since.paths, Contains(repo() + "/src/more"));
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(Watch, MoreThanTheKernelKeepsIsLost) {
  watch_all();
  std::size_t limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  ASSERT_GT(limit, 0U);
  // Equal events in a row count once.
  for (std::size_t i = 0; i <= limit; ++i) {
    ::chmod((repo() + "/src/y").c_str(), 0600);
    ::chmod((repo() + "/src/deep/x").c_str(), 0600);
  }
  EXPECT_EQ(watch_->drain(), TreeWatch::Health::lost);
}

TEST_F(Watch, ARootThatIsMovedOrRemovedIsGone) {
  watch_all();
  fs::rename(repo(), dir_ / "moved");
  EXPECT_EQ(watch_->drain(), TreeWatch::Health::gone);
}

TEST_F(Watch, CookiesAreSeenOnce) {
  dir_.write("cookies/one", "");
  EXPECT_EQ(watch_->drain(), TreeWatch::Health::good);
  EXPECT_TRUE(watch_->take_cookie("one"));
  EXPECT_FALSE(watch_->take_cookie("one"));
  EXPECT_FALSE(watch_->take_cookie("two"));
  fs::remove_all(dir_ / "cookies");
  EXPECT_EQ(watch_->drain(), TreeWatch::Health::gone);
}

TEST(Changes, AreForgottenOldestFirst) {
  ChangeLog log(2);
  const std::uint64_t start = log.now();
  log.add("a");
  log.add("b");
  log.add("a");
  EXPECT_THAT(log.since(start, 10).paths, testing::ElementsAre("b", "a"));
  EXPECT_TRUE(log.since(start, 1).is_cut);
  const std::uint64_t middle = log.now();
  EXPECT_THAT(log.since(middle, 10).paths, IsEmpty());
  log.add("c");
  EXPECT_FALSE(log.since(start, 10).is_known);
  EXPECT_THAT(log.since(middle, 10).paths, testing::ElementsAre("c"));
}

}  // namespace
}  // namespace stillage::watch
