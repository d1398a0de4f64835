// SPDX-License-Identifier: MIT
// The listing that lage's hashes start from, and git's ids, against what lage itself asks git.
#include "git/plain_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/strings.h"
#include "git/content_ids.h"
#include "os/path.h"
#include "unit/git/random_life.h"

namespace stillage::git {
namespace {

using test::GitRepo;
using testing::ElementsAre;

std::vector<std::string> names(const std::string& output) {
  std::vector<std::string> all;
  for (const std::string_view name : base::split(output, '\0'))
    if (!name.empty()) all.emplace_back(name);
  return all;
}

/// git ls-files, where something is there, and git ls-files -o --exclude-standard; without folders, which are
/// nested repositories, and without links to nowhere.
std::vector<std::string> listed_for_lage(const std::string& dir) {
  std::vector<std::string> all;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"ls-files", "-z"}, {"ls-files", "-o", "-z", "--exclude-standard"}})
    for (std::string& name : names(test::git(dir, arguments)))
      if (!name.ends_with('/') && os::exists(os::join_path(dir, name))) all.push_back(std::move(name));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<std::string> paths_of(const PlainListing& listing) {
  std::vector<std::string> all;
  for (const PlainFile& file : listing.files) all.push_back(file.path);
  return all;
}

TEST(PlainListing, IsGitsThroughARandomLife) {
  for (unsigned seed = 11; seed <= 13; ++seed) {
    test::Life life(seed);
    std::string story = "seed " + std::to_string(seed);
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
      story += "\n" + life.step();
      SCOPED_TRACE(story);
      for (const char* const below : {"", "/a"}) {
        const std::string dir = life.repo().path() + below;
        if (!os::is_directory(dir) || os::stat_path(dir).value()->is_symlink()) continue;
        const auto listing = list_plainly(dir);
        ASSERT_TRUE(listing) << listing.error().message;
        EXPECT_EQ(paths_of(*listing), listed_for_lage(dir));
      }
    }
  }
}

TEST(PlainListing, LeavesOtherRepositoriesAlone) {
  const GitRepo repo;
  repo.write("a/f", "1");
  repo.write("sub/g", "2");
  repo.git({"-C", "sub", "init", "-q"});
  repo.git({"-C", "sub", "add", "-A"});
  repo.git({"-C", "sub", "commit", "-qm", "sub"});
  repo.commit_all();
  repo.write("nested/h", "3");
  repo.git({"-C", "nested", "init", "-q"});
  const auto listing = list_plainly(repo.path());
  ASSERT_TRUE(listing);
  EXPECT_THAT(paths_of(*listing), ElementsAre("a/f", "sub"));
  EXPECT_TRUE(listing->ids_need_git) << "a submodule's id is its commit";
}

TEST(PlainListing, WithoutGitItIsEverythingThatIsNotIgnored) {
  const test::TempDir dir;
  dir.write(".gitignore", "*.log\n");
  dir.write("a/f", "1");
  dir.write("a/x.log", "1");
  dir.write("node_modules/m/index.js", "1");
  const auto listing = list_plainly(dir.path());
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->has_git);
  EXPECT_THAT(paths_of(*listing), ElementsAre(".gitignore", "a/f"));
}

TEST(PlainListing, KnowsWhereOnlyGitKnowsTheIds) {
  GitRepo repo;
  repo.write("f", "1");
  repo.commit_all();
  EXPECT_FALSE(list_plainly(repo.path())->ids_need_git);
  repo.write(".gitattributes", "*.txt text\n");
  EXPECT_FALSE(list_plainly(repo.path())->ids_need_git) << "no file is meant";
  repo.write("g.txt", "1\r\n");
  EXPECT_TRUE(list_plainly(repo.path())->ids_need_git);
  ASSERT_TRUE(os::remove_tree(repo / "g.txt"));
  repo.symlink("link", "f");
  EXPECT_FALSE(list_plainly(repo.path())->ids_need_git);
  repo.commit_all();
  EXPECT_TRUE(list_plainly(repo.path())->ids_need_git) << "unchanged, a link has the id of its text";
  repo.git({"rm", "-q", "link"});
  repo.git({"config", "core.autocrlf", "true"});
  EXPECT_TRUE(list_plainly(repo.path())->ids_need_git);
}

TEST(ContentIds, AreThoseOfTheCommitAndOfHashObject) {
  GitRepo repo;
  repo.write("top", "outside of the workspace");
  repo.write("ws/.gitattributes", "*.txt text\n");
  repo.write("ws/same", "1");
  repo.write("ws/modified", "1");
  repo.write("ws/gone", "1");
  repo.write("ws/staged gone", "1");
  repo.write("ws/old name", "a text that is long enough for git to find it again");
  repo.symlink("ws/link", "same");
  repo.commit_all();
  repo.write("ws/modified", "2");
  repo.write("ws/crlf.txt", "1\r\n");
  repo.write("ws/raw.bin", "1\r\n");
  repo.write("ws/t\xC3\xBCr\n\"x\"", "odd");
  repo.symlink("ws/nowhere", "nothing");
  repo.git({"mv", "ws/old name", "ws/new name"});
  ASSERT_TRUE(os::remove_tree(repo / "ws/gone"));
  repo.git({"rm", "-q", "ws/staged gone"});
  const auto ids = content_ids(repo / "ws");
  ASSERT_TRUE(ids) << ids.error().message;
  const auto id = [&](std::string_view path) {
    const auto found = ids->find(path);
    return found == ids->end() ? std::string() : found->second;
  };
  EXPECT_EQ(id("same"), "56a6051ca2b02b04ef92d5150c9ef600403cb1de");
  EXPECT_EQ(id("modified"), "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4");
  EXPECT_EQ(id("crlf.txt"), "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d") << "as git would store it";
  EXPECT_NE(id("raw.bin"), id("crlf.txt"));
  EXPECT_NE(id("t\xC3\xBCr\n\"x\""), "");
  EXPECT_EQ(id("link"), base::split(repo.git({"rev-parse", "HEAD:ws/link"}), '\n')[0]);
  EXPECT_EQ(id("old name"), id("new name")) << "both names of a renamed file have one";
  EXPECT_NE(id("new name"), "");
  for (const char* const path : {"gone", "staged gone", "nowhere", "top", "../top"}) EXPECT_EQ(id(path), "");
}

TEST(ContentIds, WithoutACommitAllFilesAreNew) {
  GitRepo repo;
  repo.write("f", "1");
  const auto ids = content_ids(repo.path());
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_EQ(ids->at("f"), "56a6051ca2b02b04ef92d5150c9ef600403cb1de");
}

TEST(ContentIds, OutsideOfARepositoryItIsAnError) {
  const test::TempDir dir;
  EXPECT_FALSE(content_ids(dir.path()));
}

}  // namespace
}  // namespace stillage::git
