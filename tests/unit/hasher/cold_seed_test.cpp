// SPDX-License-Identifier: MIT
// What is made of the index alone equals what git says.
#include "hasher/cold_seed.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "os/path.h"
#include "unit/git/random_life.h"

namespace stillage::hasher {
namespace {

FileManifest seed_by_git(const std::string& root, git::PlainListing listing) {
  listing.ids_need_git = true;
  return seed_manifest(root, listing);
}

TEST(ColdSeed, TheIndexSaysWhatGitSaysThroughARandomLife) {
  int by_index = 0;
  for (unsigned seed = 21; seed <= 23; ++seed) {
    test::Life life(seed, false);
    std::string story = "seed " + std::to_string(seed);
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
      story += "\n" + life.step();
      SCOPED_TRACE(story);
      const std::string root = life.repo().path();
      const auto listing = git::list_plainly(root);
      ASSERT_TRUE(listing) << listing.error().message;
      if (listing->ids_need_git) continue;
      ++by_index;
      EXPECT_EQ(seed_manifest(root, *listing).text(), seed_by_git(root, *listing).text());
    }
  }
  std::printf("%d seeds by the index\n", by_index);
  EXPECT_GT(by_index, 20);
}

TEST(ColdSeed, ConversionsAreGits) {
  test::GitRepo repo;
  repo.write(".gitattributes", "*.txt text eol=crlf\n*.x ident\n");
  repo.write("a.txt", "1\r\n");
  repo.write("b.raw", "1\r\n");
  repo.commit_all();
  repo.write("new.txt", "2\r\n");
  const auto listing = git::list_plainly(repo.path());
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->ids_need_git);
  const FileManifest manifest = seed_manifest(repo.path(), *listing);
  EXPECT_EQ(manifest.find("a.txt")->hash, "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d") << "of \"1\\n\"";
  EXPECT_EQ(manifest.find("new.txt")->hash, "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f") << "of \"2\\n\"";
  EXPECT_NE(manifest.find("b.raw")->hash, manifest.find("a.txt")->hash);
  EXPECT_EQ(manifest.find("a.txt")->size, 3U) << "of the file, not of what git makes of it";
}

TEST(ColdSeed, LinksThatLeadNowhereAndFoldersHaveNoEntry) {
  test::GitRepo repo;
  repo.write("f", "1");
  repo.symlink("tracked", "nothing");
  repo.commit_all();
  repo.symlink("untracked", "nothing");
  repo.symlink("folder", ".");
  const auto listing = git::list_plainly(repo.path());
  ASSERT_TRUE(listing);
  EXPECT_EQ(seed_manifest(repo.path(), *listing).size(), 1U);
}

TEST(ColdSeed, ASha256RepositorySaysNothingOfWhatItCommitted) {
  test::GitRepo repo({"--object-format=sha256"});
  repo.write("committed", "1");
  repo.commit_all();
  repo.write("new", "1");
  const auto listing = git::list_plainly(repo.path());
  ASSERT_TRUE(listing);
  const FileManifest manifest = seed_manifest(repo.path(), *listing);
  EXPECT_EQ(manifest.find("committed"), nullptr);
  ASSERT_NE(manifest.find("new"), nullptr);
  EXPECT_EQ(manifest.find("new")->hash.size(), 64U) << "as lage has it";
}

TEST(ColdSeed, MillisecondsAreCutDownwards) {
  EXPECT_EQ(to_milliseconds(1'999'999), 1);
  EXPECT_EQ(to_milliseconds(-1), -1);
  EXPECT_EQ(to_milliseconds(-2'000'000), -2);
}

}  // namespace
}  // namespace stillage::hasher
