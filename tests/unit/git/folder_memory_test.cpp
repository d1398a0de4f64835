// SPDX-License-Identifier: MIT
#include "git/folder_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <map>

#include "base/clock.h"
#include "git_repo.h"
#include "os/file.h"

namespace stillage::git {
namespace {

class FolderMemoryTest : public ::testing::Test {
 protected:
  os::FileStat stat_of(const std::string& folder) const {
    return os::stat_path(dir / folder).value_or(std::nullopt).value_or(os::FileStat());
  }
  FolderMemory memory() const { return {state, root.get()}; }

  /// Lists the folders as the walk does, once they are settled, and saves what came of it.
  void remember(const std::vector<std::string>& folders) const {
    test::let_times_settle();
    const FolderMemory before = memory();
    std::vector<KnownFolder> known;
    std::deque<std::string> texts;
    for (const std::string& folder : folders) {
      const os::FileStat stat = stat_of(folder);
      ASSERT_TRUE(before.may_keep(stat, base::now_ns()));
      const auto entries = os::list_dir(dir / folder);
      ASSERT_TRUE(entries);
      const std::string& names = texts.emplace_back(FolderMemory::encode(*entries));
      known.push_back({folder, stat.mtime_ns, stat.ctime_ns, stat.inode, names});
    }
    ASSERT_TRUE(before.save(known));
  }

  test::TempDir dir;
  test::TempDir elsewhere;
  std::string state = elsewhere / "folders";
  os::Fd root = os::open_path(dir.path(), O_RDONLY | O_DIRECTORY).value();
};

TEST_F(FolderMemoryTest, FindsWhatItWasTold) {
  dir.write("a/file", "x");
  dir.write("a/folder/deep", "x");
  dir.symlink("a/link", "nowhere");
  dir.make_dir("empty");
  remember({"empty", "a"});
  const FolderMemory found = memory();
  EXPECT_EQ(found.size(), 2U);
  const KnownFolder* const a = found.find("a", stat_of("a"));
  ASSERT_NE(a, nullptr);
  std::map<std::string, os::FileKind> names;
  FolderMemory::for_each_name(*a,
                              [&](std::string_view name, os::FileKind kind) { names.emplace(name, kind); });
  EXPECT_EQ(names, (std::map<std::string, os::FileKind>{{"file", os::FileKind::regular},
                                                        {"folder", os::FileKind::directory},
                                                        {"link", os::FileKind::symlink}}));
  const KnownFolder* const empty = found.find("empty", stat_of("empty"));
  ASSERT_NE(empty, nullptr);
  EXPECT_TRUE(empty->names.empty());
  EXPECT_EQ(found.find("a/folder", stat_of("a/folder")), nullptr);
}

TEST_F(FolderMemoryTest, ForgetsFoldersThatChanged) {
  for (const char* name : {"added", "removed", "renamed", "kind", "replaced", "mode"})
    dir.write(std::string(name) + "/file", "x");
  remember({"added", "removed", "renamed", "kind", "replaced", "mode"});
  dir.write("added/new", "x");
  ASSERT_EQ(::unlink((dir / "removed/file").c_str()), 0);
  ASSERT_EQ(::rename((dir / "renamed/file").c_str(), (dir / "renamed/other").c_str()), 0);
  ASSERT_EQ(::unlink((dir / "kind/file").c_str()), 0);
  ASSERT_EQ(::mkdir((dir / "kind/file").c_str(), 0777), 0);
  ASSERT_EQ(::rename((dir / "replaced").c_str(), (dir / "away").c_str()), 0);
  dir.write("replaced/another", "x");
  ASSERT_EQ(::chmod((dir / "mode").c_str(), 0700), 0);
  const FolderMemory found = memory();
  EXPECT_EQ(found.size(), 6U);
  for (const char* name : {"added", "removed", "renamed", "kind", "replaced", "mode"})
    EXPECT_EQ(found.find(name, stat_of(name)), nullptr) << name;
}

TEST_F(FolderMemoryTest, KeepsNothingThatProvesNothing) {
  dir.write("a/file", "x");
  const std::int64_t now = base::now_ns();
  EXPECT_FALSE(memory().may_keep(stat_of("a"), now)) << "too young";
  test::let_times_settle();
  EXPECT_TRUE(memory().may_keep(stat_of("a"), base::now_ns()));
  EXPECT_FALSE(FolderMemory().may_keep(stat_of("a"), base::now_ns())) << "no memory";
  os::FileStat other = stat_of("a");
  ++other.device;
  EXPECT_FALSE(memory().may_keep(other, base::now_ns())) << "another file system";
  const os::Fd proc = os::open_path("/proc", O_RDONLY | O_DIRECTORY).value();
  const os::FileStat process = os::stat_fd(proc.get()).value();
  EXPECT_FALSE(FolderMemory(state, proc.get()).may_keep(process, base::now_ns()))
      << "a file system that does not stamp folders";
}

TEST_F(FolderMemoryTest, DamageIsNoMemory) {
  dir.write("a/file", "x");
  remember({"a"});
  const std::string whole = elsewhere.read("folders");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    elsewhere.write("folders", damaged);
    EXPECT_EQ(memory().size(), 0U) << "flipped at " << at;
    elsewhere.write("folders", whole.substr(0, at));
    EXPECT_EQ(memory().size(), 0U) << "cut at " << at;
  }
}

}  // namespace
}  // namespace stillage::git
