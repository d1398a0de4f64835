// SPDX-License-Identifier: MIT
#include "os/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "os/at.h"
#include "os/beneath.h"
#include "os/dir.h"
#include "os/lock.h"
#include "os/path.h"
#include "os/thread_pool.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

using test::TempDir;

TEST(Path, Normalise) {
  EXPECT_EQ(normalise_path("./a//b/../c/"), "a/c");
  EXPECT_EQ(normalise_path("../a"), "../a");
  EXPECT_EQ(normalise_path("/../a"), "/a");
  EXPECT_EQ(normalise_path("a/.."), "");
  EXPECT_EQ(path_below("/a/b/c", "/a/b"), "c");
  EXPECT_EQ(path_below("/a/bc", "/a/b"), std::nullopt);
}

TEST(File, AtomicWriteReplacesAndLeavesNothingAside) {
  const TempDir dir;
  ASSERT_TRUE(write_file_atomic(dir / "f", "one"));
  ASSERT_TRUE(write_file_atomic(dir / "f", "two", 0644, Durability::flushed));
  EXPECT_EQ(dir.read("f"), "two");
  EXPECT_EQ(list_dir(dir.path())->size(), 1U);
  EXPECT_FALSE(write_file_atomic(dir / "missing/f", "x"));
}

TEST(File, OnlyTheWholeShapeIsATemporaryName) {
  EXPECT_TRUE(is_temp_name(temp_name()));
  for (const char* const name : {".stillage-notes", ".stillage-1", ".stillage-1-2", ".stillage-1-2-",
                                 ".stillage-x-1-2", ".stillage-1-2-3-4", ".stillage-1-g-3", "stillage-1-2-3"})
    EXPECT_FALSE(is_temp_name(name)) << name;
}

TEST(File, RemoveTreeDoesNotFollowLinks) {
  const TempDir dir;
  dir.write("kept/file", "x");
  dir.write("gone/a/b", "x");
  dir.symlink("gone/link", dir / "kept");
  ASSERT_TRUE(remove_tree(dir / "gone"));
  EXPECT_FALSE(dir.exists("gone"));
  EXPECT_TRUE(dir.exists("kept/file"));
  EXPECT_TRUE(remove_tree(dir / "gone"));
}

TEST(File, RemoveTreeReachesDepthsThatNoPathDoes) {
  const TempDir dir;
  dir.write("top/kept/file", "x");
  int folder = ::open((dir / "top/kept").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_EQ(::mkdirat(folder, "deep", 0755), 0);
    const int next = ::openat(folder, "deep", O_RDONLY | O_DIRECTORY);
    ::close(folder);
    folder = next;
  }
  ::close(folder);
  ASSERT_TRUE(remove_tree(dir / "top/kept"));
  const auto left = list_dir(dir / "top");
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
}

TEST(File, ExchangeTradesNamesAndTellsWhatIsGone) {
  const TempDir dir;
  dir.write("a/file", "a");
  dir.write("b", "b");
  EXPECT_TRUE(*exchange_at(AT_FDCWD, dir / "a", AT_FDCWD, dir / "b"));
  EXPECT_EQ(dir.read("a"), "b");
  EXPECT_EQ(dir.read("b/file"), "a");
  EXPECT_FALSE(*exchange_at(AT_FDCWD, dir / "a", AT_FDCWD, dir / "gone"));
  EXPECT_EQ(dir.read("a"), "b");
}

TEST(File, ReadFileRefusesWhatIsTooLarge) {
  const TempDir dir;
  dir.write("f", "12345");
  EXPECT_TRUE(read_file(dir / "f", 5));
  EXPECT_FALSE(read_file(dir / "f", 4));
  EXPECT_FALSE(*read_file_if_any(dir / "none"));
}

TEST(Beneath, LinksThatLeaveAreRefused) {
  const TempDir dir;
  dir.write("root/in/f", "x");
  dir.write("out/f", "x");
  dir.symlink("root/escape", "../out");
  dir.symlink("root/inside", "in");
  const auto root = open_path(dir / "root", O_PATH | O_DIRECTORY);
  ASSERT_TRUE(root);
  EXPECT_TRUE(open_beneath(root->get(), "in/f", O_RDONLY, LinkPolicy::refuse));
  EXPECT_TRUE(open_beneath(root->get(), "inside/f", O_RDONLY, LinkPolicy::inside_only));
  EXPECT_FALSE(open_beneath(root->get(), "inside/f", O_RDONLY, LinkPolicy::refuse));
  EXPECT_FALSE(open_beneath(root->get(), "escape/f", O_RDONLY, LinkPolicy::inside_only));
  EXPECT_FALSE(open_beneath(root->get(), "../out/f", O_RDONLY, LinkPolicy::inside_only));
  EXPECT_TRUE(make_dirs_beneath(root->get(), "x/y/z", LinkPolicy::refuse));
  EXPECT_FALSE(make_dirs_beneath(root->get(), "escape/y", LinkPolicy::refuse));
  EXPECT_FALSE(dir.exists("out/y"));
}

TEST(Lock, ASecondHolderIsTurnedAway) {
  const TempDir dir;
  auto first = FileLock::try_acquire(dir / "lock");
  ASSERT_TRUE(first && *first);
  EXPECT_FALSE(FileLock::try_acquire(dir / "lock")->has_value());
  first->reset();
  EXPECT_TRUE(FileLock::try_acquire(dir / "lock")->has_value());
}

TEST(ThreadPool, ParallelForVisitsEachIndexOnce) {
  std::vector<std::atomic<int>> visits(1000);
  parallel_for(visits.size(), 7, [&](std::size_t i) { ++visits[i]; });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
}

TEST(Stat, NothingIsBehindLinksThatLeadRoundInACircle) {
  const test::TempDir dir;
  ASSERT_EQ(::symlink("loop", (dir / "loop").c_str()), 0);
  const auto behind = stat_path(dir / "loop/file");
  ASSERT_TRUE(behind) << behind.error().message;
  EXPECT_FALSE(*behind);
  ASSERT_TRUE(stat_path(dir / "loop", Links::follow));
  EXPECT_FALSE(*stat_path(dir / "loop", Links::follow));
  EXPECT_TRUE((*stat_path(dir / "loop"))->is_symlink());
}

}  // namespace
}  // namespace stillage::os
