// SPDX-License-Identifier: MIT
#include "hasher/digest_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/hex.h"
#include "os/checkout_dir.h"
#include "os/file.h"
#include "unit/hasher/checkout.h"

namespace stillage::hasher {
namespace {

bool all(const std::string&) {
  return true;
}

class DigestMemoryTest : public ::testing::Test {
 protected:
  DigestedFile digest(const std::string& name, LineEndings endings = LineEndings::as_they_are) const {
    auto file = digest_file(AT_FDCWD, dir / name, endings);
    EXPECT_TRUE(file.has_value() && file->has_value());
    return **file;
  }
  /// A remembered file, with the state written.
  DigestedFile remember_settled() {
    dir.write("file", "content");
    test::let_times_settle();
    const DigestedFile file = digest("file");
    DigestMemory memory(state);
    memory.remember("file", file);
    EXPECT_TRUE(memory.save(all).has_value());
    return file;
  }

  test::TempDir dir;
  std::string state = dir / "digests";
};

TEST_F(DigestMemoryTest, DigestsLikeGit) {
  dir.write("file", "hello\n");
  EXPECT_EQ(base::to_hex(digest("file").digest), "ce013625030ba8dba906f756967f9e9ca394464a");
  std::string big(1'000'003, 'x');
  for (std::size_t i = 0; i < big.size(); i += 7) big[i] = '\n';
  dir.write("big", big);
  EXPECT_EQ(digest("big").digest, base::git_blob_id(big));
}

TEST_F(DigestMemoryTest, NormalisesLineEndingsAcrossPieces) {
  std::string dos, unix_text;
  for (int i = 0; dos.size() < 400'000; ++i) {
    const std::string line(static_cast<std::size_t>(i % 13), 'x');
    dos += line + "\r\n";
    unix_text += line + "\n";
  }
  dos += "\r\r\r";
  unix_text += "\r\r\r";
  dir.write("file", dos);
  EXPECT_EQ(digest("file", LineEndings::normalised).digest, base::git_blob_id(unix_text));
  for (const std::string& text :
       {std::string(128 * 1024 - 1, 'x') + "\r\n", std::string(128 * 1024 - 1, 'x') + "\rx",
        std::string(128 * 1024 - 1, 'x') + "\r"}) {
    dir.write("file", text);
    std::string expected = text;
    if (text.ends_with("\r\n")) expected = text.substr(0, text.size() - 2) + "\n";
    EXPECT_EQ(digest("file", LineEndings::normalised).digest, base::git_blob_id(expected));
  }
}

TEST_F(DigestMemoryTest, SaysNothingOfAMissingFileAndRefusesWhatIsNone) {
  const auto missing = digest_file(AT_FDCWD, dir / "missing", LineEndings::as_they_are);
  ASSERT_TRUE(missing.has_value());
  EXPECT_FALSE(missing->has_value());
  dir.make_dir("folder");
  EXPECT_FALSE(digest_file(AT_FDCWD, dir / "folder", LineEndings::as_they_are).has_value());
  dir.symlink("link", "file");
  EXPECT_FALSE(digest_file(AT_FDCWD, dir / "link", LineEndings::as_they_are).has_value());
}

TEST_F(DigestMemoryTest, FindsASettledFileAgain) {
  const DigestedFile file = remember_settled();
  const DigestMemory memory(state);
  EXPECT_EQ(memory.find("file", file.stat), file.digest);
  EXPECT_FALSE(memory.find("other", file.stat).has_value());
}

TEST_F(DigestMemoryTest, DoesNotFindAFileOfWhichAnythingChanged) {
  const DigestedFile file = remember_settled();
  const DigestMemory memory(state);
  for (auto change :
       {+[](os::FileStat& stat) { ++stat.size; }, +[](os::FileStat& stat) { ++stat.mtime_ns; },
        +[](os::FileStat& stat) { ++stat.ctime_ns; }, +[](os::FileStat& stat) { ++stat.inode; }}) {
    os::FileStat stat = file.stat;
    change(stat);
    EXPECT_FALSE(memory.find("file", stat).has_value());
  }
}

TEST_F(DigestMemoryTest, DoesNotTrustAFileThatWasJustWritten) {
  dir.write("file", "content");
  const DigestedFile file = digest("file");
  DigestMemory memory(state);
  memory.remember("file", file);
  EXPECT_FALSE(memory.find("file", file.stat).has_value());
}

TEST_F(DigestMemoryTest, DropsWhatIsNotWantedAndKeepsTheRest) {
  const DigestedFile file = remember_settled();
  DigestMemory memory(state);
  memory.remember("new", file);
  memory.remember("a/b", file);
  ASSERT_TRUE(memory.save([](const std::string& path) { return path != "file"; }).has_value());
  EXPECT_TRUE(memory.find("new", file.stat).has_value());
  const DigestMemory again(state);
  EXPECT_FALSE(again.find("file", file.stat).has_value());
  EXPECT_TRUE(again.find("new", file.stat).has_value());
  EXPECT_TRUE(again.find("a/b", file.stat).has_value());
}

TEST_F(DigestMemoryTest, WritesNothingWithoutNews) {
  remember_settled();
  DigestMemory memory(state);
  ASSERT_TRUE(os::remove_tree(state).has_value());
  EXPECT_TRUE(memory.save(all).has_value());
  EXPECT_FALSE(dir.exists("digests"));
}

class DigestMemoryOfACheckout : public test::OwnCache {};

TEST_F(DigestMemoryOfACheckout, HoldsWhatWasReadAndForgetsWhatIsGone) {
  const test::Checkout repo;
  repo.write("packages/app/src/new.ts", "new");
  repo.write("packages/app/src/newer.ts", "newer");
  test::let_times_settle();
  repo.key();
  const std::string state = os::open_checkout_dir(repo.root()).value_or("") + "/digests";
  const os::FileStat stat = **os::stat_path(repo.path("packages/app/src/new.ts"));
  EXPECT_EQ(DigestMemory(state).find("packages/app/src/new.ts", stat), base::git_blob_id("new"));

  repo.remove("packages/app/src/new.ts");
  repo.write("packages/app/src/newest.ts", "newest");
  test::let_times_settle();
  repo.key();
  EXPECT_FALSE(DigestMemory(state).find("packages/app/src/new.ts", stat).has_value());
  const os::FileStat newer = **os::stat_path(repo.path("packages/app/src/newer.ts"));
  EXPECT_EQ(DigestMemory(state).find("packages/app/src/newer.ts", newer), base::git_blob_id("newer"));
}

TEST_F(DigestMemoryOfACheckout, MayBeDamagedBetweenRuns) {
  const test::Checkout repo;
  repo.write("packages/app/src/new.ts", "new");
  test::let_times_settle();
  const std::string before = repo.key();
  const std::string state = os::open_checkout_dir(repo.root()).value_or("") + "/digests";
  ASSERT_TRUE(os::write_file_atomic(state, "nonsense").has_value());
  EXPECT_EQ(repo.key(), before);
}

TEST_F(DigestMemoryTest, ReadsADamagedStateAsNone) {
  const DigestedFile file = remember_settled();
  const std::string bytes = dir.read("digests");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    dir.write("digests", damaged);
    ASSERT_FALSE(DigestMemory(state).find("file", file.stat).has_value()) << i;
    dir.write("digests", bytes.substr(0, i));
    ASSERT_FALSE(DigestMemory(state).find("file", file.stat).has_value()) << i;
  }
}

}  // namespace
}  // namespace stillage::hasher
