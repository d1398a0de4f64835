// SPDX-License-Identifier: MIT
// When the index's id may stand for a file's content, and what the parser makes of damage.
#include "git/index.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/listing.h"
#include "git_repo.h"
#include "os/file.h"

namespace stillage::git {
namespace {

using test::clean_ids;
using test::expect_as_git;
using test::GitRepo;

struct SmallRepo : GitRepo {
  SmallRepo() {
    write("a", "one\n");
    write("b/c", "two\n");
    commit_all();
  }
  std::optional<base::Sha1Digest> id(std::string_view path) const {
    const Listing listing = expect_as_git(this->path());
    const ListedFile* const file = listing.find(path);
    return file == nullptr ? std::nullopt : file->clean_id;
  }
  void set_times(const std::string& name, timespec time) const {
    const timespec times[2] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, (*this / name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  timespec mtime(const std::string& name) const {
    struct stat st;
    EXPECT_EQ(::lstat((*this / name).c_str(), &st), 0);
    return st.st_mtim;
  }
};

TEST(CleanId, OfUntouchedFiles) {
  const SmallRepo repo;
  EXPECT_EQ(repo.id("a"), base::git_blob_id("one\n"));
  EXPECT_EQ(repo.id("b/c"), base::git_blob_id("two\n"));
}

TEST(CleanId, NotAfterAnEdit) {
  const SmallRepo repo;
  repo.write("a", "ONE\n");
  EXPECT_FALSE(repo.id("a"));
  EXPECT_TRUE(repo.id("b/c"));
}

TEST(CleanId, NotWhereSizeAndTimeOfModificationArePutBack) {
  const SmallRepo repo;
  const timespec before = repo.mtime("a");
  repo.write("a", "ONE\n");
  repo.set_times("a", before);
  EXPECT_FALSE(repo.id("a"));
  // core.trustctime=false makes git believe it; we don't.
  repo.git({"config", "core.trustctime", "false"});
  EXPECT_FALSE(repo.id("a"));
}

TEST(CleanId, NotForFilesAsYoungAsTheIndex) {
  const SmallRepo repo;
  repo.write("a", "new\n");
  repo.git({"add", "a"});
  // Same size, and perhaps the same tick as the index: whatever the clock does, no wrong id may come out.
  for (int i = 0; i < 50; ++i) {
    repo.write("a", i % 2 == 0 ? "odd\n" : "evn\n");
    repo.git({"add", "a"});
    repo.write("a", "xxx\n");
    const auto id = repo.id("a");
    EXPECT_TRUE(!id || *id == base::git_blob_id("xxx\n"));
  }
  // Certainly the same tick: the index file's time put to the entry's.
  repo.commit_all();
  ASSERT_TRUE(repo.id("a"));
  repo.set_times(".git/index", repo.mtime("a"));
  EXPECT_FALSE(repo.id("a"));
}

TEST(CleanId, WholeSecondsMakeTheWholeSecondDoubtful) {
  const SmallRepo repo;
  repo.set_times("a", {.tv_sec = 1'700'000'000, .tv_nsec = 0});
  repo.git({"update-index", "-q", "--really-refresh"});
  EXPECT_TRUE(repo.id("a"));
  repo.set_times(".git/index", {.tv_sec = 1'700'000'000, .tv_nsec = 999'999'999});
  EXPECT_FALSE(repo.id("a"));
  repo.set_times(".git/index", {.tv_sec = 1'700'000'001, .tv_nsec = 0});
  EXPECT_TRUE(repo.id("a"));
}

TEST(CleanId, NotForEntriesThatGitSmudgedForBeingRacy) {
  const SmallRepo repo;
  repo.write("a", "new\n");
  repo.git({"add", "a"});
  const timespec tick = repo.mtime("a");
  repo.write("a", "");
  repo.git({"add", "b"});
  repo.set_times(".git/index", {.tv_sec = tick.tv_sec + 100, .tv_nsec = 0});
  const auto id = repo.id("a");
  EXPECT_TRUE(!id || *id == base::git_blob_id(""));
}

TEST(CleanId, BitsOfTheIndexAreNotBelieved) {
  const SmallRepo repo;
  repo.git({"update-index", "--assume-unchanged", "a"});
  repo.git({"update-index", "--skip-worktree", "b/c"});
  EXPECT_TRUE(repo.id("a"));
  repo.write("a", "ONE\n");
  repo.write("b/c", "TWO\n");
  EXPECT_FALSE(repo.id("a"));
  EXPECT_FALSE(repo.id("b/c"));
}

TEST(CleanId, NotForIntentToAdd) {
  const SmallRepo repo;
  repo.write("new", "");
  repo.write("new2", "x");
  repo.git({"add", "-N", "new", "new2"});
  test::settle(repo.path());
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.find("new")->tracked);
  EXPECT_FALSE(listing.find("new")->clean_id);
  EXPECT_FALSE(listing.find("new2")->clean_id);
}

TEST(CleanId, OfLinks) {
  const SmallRepo repo;
  repo.symlink("to", "b/c");
  repo.commit_all();
  EXPECT_EQ(repo.id("to"), base::git_blob_id("b/c"));
  ASSERT_TRUE(os::remove_tree(repo / "to"));
  repo.write("to", "b/c");
  EXPECT_FALSE(repo.id("to"));
}

TEST(Index, CutAnywhereItIsAnErrorAndNoCrash) {
  const SmallRepo repo;
  for (const char* const version : {"2", "4"}) {
    repo.git({"update-index", "--index-version", version});
    std::string bytes = repo.read(".git/index");
    bytes.replace(bytes.size() - 20, 20, 20, '\0');  // no digest, so that the parser itself has to notice
    ASSERT_TRUE(Index::parse(bytes, ObjectFormat::sha1, 0));
    std::size_t accepted = 0;
    for (std::size_t size = 0; size + 20 < bytes.size(); ++size) {
      const std::string cut = bytes.substr(0, size) + std::string(20, '\0');
      const auto index = Index::parse(cut, ObjectFormat::sha1, 0);
      if (!index) continue;
      ++accepted;
      EXPECT_EQ(index->entries().size(), 2U);
    }
    EXPECT_EQ(accepted, 1U);  // right between the entries and the extension
  }
}

TEST(Index, UnknownExtensionsInLowerCaseNeedGit) {
  const SmallRepo repo;
  std::string bytes = repo.read(".git/index");
  bytes.resize(bytes.size() - 20);
  const std::string zeros(20, '\0');
  EXPECT_TRUE(Index::parse(bytes + std::string("XYZA\0\0\0\1!", 9) + zeros, ObjectFormat::sha1, 0));
  const auto index = Index::parse(bytes + std::string("xyza\0\0\0\1!", 9) + zeros, ObjectFormat::sha1, 0);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::unsupported);
}

TEST(Index, WrongDigest) {
  const SmallRepo repo;
  std::string bytes = repo.read(".git/index");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const auto index = Index::parse(bytes, ObjectFormat::sha1, 0);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace stillage::git
