// SPDX-License-Identifier: MIT
#include "archive/entry.h"

#include <gtest/gtest.h>

namespace stillage::archive {
namespace {

TEST(SafePath, TakesWhatAFolderMayHold) {
  for (const char* path :
       {"a", "a/b", "lib/index.js", ".hidden", "a/.stillage", "...", "a..b", "..a", "a b/ü\n", "\xff\xfe",
        ".gitignore", "node_modules/x", ".gi", ".stillagex", "-rf", "*", "C:\\x"})
    EXPECT_TRUE(is_safe_path(path)) << path;
  EXPECT_TRUE(is_safe_path(std::string(255, 'a')));
  std::string longest = std::string(254, 'a');
  while (longest.size() < kMaxPath) longest += "/" + std::string(254, 'a');
  longest.resize(kMaxPath);
  ASSERT_EQ(longest.size(), kMaxPath);
  EXPECT_TRUE(is_safe_path(longest));
  EXPECT_FALSE(is_safe_path(longest + "/b"));
}

TEST(SafePath, RefusesWhatCouldLeadElsewhere) {
  for (const char* path : {"",
                           "/",
                           "/a",
                           "a/",
                           "a//b",
                           ".",
                           "..",
                           "./a",
                           "a/.",
                           "a/./b",
                           "../a",
                           "a/..",
                           "a/../b",
                           ".git",
                           ".GIT/hooks",
                           "a/.git/config",
                           "a/.Git",
                           ".stillage",
                           ".stillage/manifest.json",
                           ".stillage-1-2-3",
                           "a/.stillage-12-ab-c"})
    EXPECT_FALSE(is_safe_path(path)) << path;
  EXPECT_FALSE(is_safe_path(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_safe_path(std::string(256, 'a')));
  EXPECT_FALSE(is_safe_path("a/" + std::string(256, 'a') + "/b"));
}

using Paths = std::vector<std::pair<std::string, OutputKind>>;

std::string complaint(const Paths& paths) {
  OutputOrder order;
  for (const auto& [path, kind] : paths)
    if (const Status status = order.add(path, kind); !status) return status.error().message;
  return "";
}

constexpr auto kFile = OutputKind::file;
constexpr auto kLink = OutputKind::symlink;
constexpr auto kFolder = OutputKind::directory;

TEST(OutputOrder, TakesByteOrderOnly) {
  EXPECT_EQ(complaint({{"a", kFile}, {"a-b", kFile}, {"a0", kFile}, {"b/c", kFile}, {"b/c-", kFile}}), "");
  EXPECT_EQ(complaint({{"Z", kFile}, {"a", kFile}, {"\xff", kFile}}), "");
  EXPECT_NE(complaint({{"b", kFile}, {"a", kFile}}), "");
  EXPECT_NE(complaint({{"a", kFile}, {"a", kFile}}), "");
  EXPECT_NE(complaint({{"\xff", kFile}, {"a", kFile}}), "");
}

TEST(OutputOrder, NothingLiesBelowAFileOrALink) {
  EXPECT_EQ(complaint({{"a", kLink}, {"a/b", kFile}}), "\"a/b\" lies below \"a\", which is no folder");
  EXPECT_NE(complaint({{"a", kFile}, {"a/b/c", kFile}}), "");
  // Other names come between the two.
  EXPECT_NE(complaint({{"a", kLink}, {"a!", kFile}, {"a-b", kFile}, {"a/b", kFile}}), "");
  EXPECT_NE(complaint({{"x/a", kLink}, {"x/a-/y", kFile}, {"x/a/b", kFile}}), "");
  EXPECT_EQ(complaint({{"a", kFolder}, {"a/b", kFile}}), "");
  EXPECT_NE(complaint({{"a", kFolder}, {"a/b", kFile}, {"a/b/c", kFile}}), "");
  EXPECT_EQ(complaint({{"a", kFile}, {"ab/c", kFile}}), "");
}

TEST(OutputOrder, IsLinearInTheBytes) {
  OutputOrder order;
  std::string path;
  for (int i = 0; i < 240; ++i) ASSERT_TRUE(order.add(path += 'a', kFile));
  for (int i = 0; i < 200'000; ++i) ASSERT_TRUE(order.add(path + std::to_string(1'000'000 + i), kFile));
}

}  // namespace
}  // namespace stillage::archive
