// SPDX-License-Identifier: MIT
#include "os/known_looks.h"

#include <gtest/gtest.h>

#include <random>

#include "os/command.h"
#include "os/process.h"

namespace stillage::os {
namespace {

FileStat stat_of(std::uint64_t number) {
  return {.device = 1,
          .inode = number,
          .size = number * 3,
          .mtime_ns = -5,
          .ctime_ns = 1'700'000'000'123'456'789,
          .mode = 0100644,
          .uid = 7,
          .gid = 8,
          .hard_links = 1};
}

std::string table_of(const std::vector<std::string>& paths) {
  std::vector<Look> looks;
  for (std::size_t i = 0; i < paths.size(); ++i) looks.push_back({paths[i], stat_of(i)});
  return table_of_looks(std::move(looks));
}

TEST(KnownLooks, GiveWhatWasSeen) {
  std::vector<std::string> paths{""};
  for (int i = 0; i < 3'000; ++i) paths.push_back("p" + std::to_string(i % 50) + "/" + std::to_string(i));
  const std::string table = table_of(paths);
  const auto looks = KnownLooks::parse(table);
  ASSERT_TRUE(looks);
  EXPECT_EQ(looks->size(), paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(looks->find(paths[i]), stat_of(i)) << paths[i];
  for (const char* absent : {"p", "p1", "p1/", "/", "p1/0", "p1/1/"})
    EXPECT_FALSE(looks->find(absent)) << absent;
}

TEST(KnownLooks, OfAPathThatWasSeenTwiceTheFirstCounts) {
  const std::string table = table_of({"a", "b", "a"});
  EXPECT_EQ(KnownLooks::parse(table)->find("a"), stat_of(0));
}

TEST(KnownLooks, AChangeTakesThePathItsFolderAndAllBelow) {
  const std::string table = table_of({"", "a", "a/b", "a/b/c", "a/b/c/d", "a/b-", "a/b.x", "a/b0", "e"});
  auto looks = KnownLooks::parse(table);
  looks->forget("a/b");
  for (const char* gone : {"a", "a/b", "a/b/c", "a/b/c/d"}) EXPECT_FALSE(looks->find(gone)) << gone;
  for (const char* kept : {"", "a/b-", "a/b.x", "a/b0", "e"}) EXPECT_TRUE(looks->find(kept)) << kept;
  looks->forget("new");
  EXPECT_FALSE(looks->find(""));
  EXPECT_TRUE(looks->find("e"));
  looks->forget("not/known/at/all");
  EXPECT_TRUE(looks->find("e"));
  looks->forget("");
  EXPECT_FALSE(looks->find("e"));
}

TEST(KnownLooks, DamagedTablesAreNoneOrGiveNothingFromElsewhere) {
  const std::string table = table_of({"a", "b/c", "b/d"});
  for (std::size_t size = 0; size + 7 < table.size(); ++size)
    EXPECT_FALSE(KnownLooks::parse(table.substr(0, size))) << size;
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = table;
    for (unsigned i = random() % 3 + 1; i > 0; --i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    auto looks = KnownLooks::parse(damaged);
    if (!looks) continue;
    looks->forget("b");
    for (const char* path : {"", "a", "b", "b/c", "x"}) (void)looks->find(path);
  }
}

TEST(KnownTree, KnowsOneTreeUntilAllIsForgotten) {
  const std::string table = table_of({"a"});
  set_known_looks("/tree", std::make_shared<KnownLooks>(*KnownLooks::parse(table)));
  const KnownTree tree("/tree");
  EXPECT_TRUE(tree.find("a"));
  EXPECT_FALSE(tree.find("b"));
  EXPECT_FALSE(KnownTree("/other").find("a"));
  EXPECT_FALSE(KnownTree().find("a"));
  forget_known_looks();
  EXPECT_FALSE(tree.find("a"));
  EXPECT_FALSE(KnownTree("/tree").find("a"));
}

TEST(KnownTree, AProgramEndsIt) {
  const std::string table = table_of({"a"});
  set_known_looks("/tree", std::make_shared<KnownLooks>(*KnownLooks::parse(table)));
  ASSERT_TRUE(KnownTree("/tree").find("a"));
  ASSERT_TRUE(run_process({.argv = {"true"}, .env = environment()}, {}, {}));
  EXPECT_FALSE(KnownTree("/tree").find("a"));
}

}  // namespace
}  // namespace stillage::os
