// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "glob/pattern_list.h"

namespace stillage::glob {
namespace {

bool selects(const std::vector<std::string>& patterns, std::string_view path) {
  const auto list = compile_native(patterns);
  EXPECT_TRUE(list) << (list ? "" : list.error().message);
  return list && list->matches(path);
}

TEST(NativeList, ANameIsTheFileAndAllBeneathTheFolder) {
  for (const char* const entry : {"lib", "./lib", "lib/", "././lib//", "./x/../lib"}) {
    SCOPED_TRACE(entry);
    EXPECT_TRUE(selects({entry}, "lib"));
    EXPECT_TRUE(selects({entry}, "lib/.a/b"));
    EXPECT_TRUE(selects({entry}, "lib/new\nline"));
    EXPECT_FALSE(selects({entry}, "library"));
    EXPECT_FALSE(selects({entry}, "x/lib"));
  }
  EXPECT_TRUE(selects({".env.local"}, ".env.local"));
  EXPECT_TRUE(selects({"."}, "any/.thing"));
  EXPECT_TRUE(selects({"./"}, "any/.thing"));
}

TEST(NativeList, CharactersWithoutMagicAreThemselves) {
  EXPECT_TRUE(selects({"c++/a$b^"}, "c++/a$b^"));
  EXPECT_FALSE(selects({"c++"}, "ccc"));
  EXPECT_TRUE(selects({"app/\\[id\\]"}, "app/[id]/page.tsx"));
  EXPECT_FALSE(selects({"app/\\[id\\]"}, "app/i/page.tsx"));
}

TEST(NativeList, TheLastEntryThatSpeaksOfAPathDecides) {
  const std::vector<std::string> patterns{"src/**", "!src/gen", "src/gen/keep.ts"};
  EXPECT_TRUE(selects(patterns, "src/a.ts"));
  EXPECT_FALSE(selects(patterns, "src/gen/x.ts"));
  EXPECT_TRUE(selects(patterns, "src/gen/keep.ts"));
  EXPECT_FALSE(selects(patterns, "README.md"));
}

TEST(NativeList, NegationsAloneSelectNothing) {
  EXPECT_FALSE(selects({"!**/*.md"}, "a.ts"));
  EXPECT_FALSE(selects({}, "a.ts"));
}

TEST(NativeList, ANegatedGroupLetsInLikeAnyOtherGlob) {
  EXPECT_TRUE(selects({"!(test)/**"}, "src/a"));
  EXPECT_FALSE(selects({"!(test)/**"}, "test/a"));
  EXPECT_TRUE(selects({"test/b", "!(test)/**"}, "test/b"));
  EXPECT_FALSE(selects({"**", "!!(test)/**"}, "src/a"));
}

TEST(NativeList, WildcardsMatchEveryName) {
  EXPECT_TRUE(selects({"src/**"}, "src/a\nb/.c"));
  EXPECT_TRUE(selects({"*.ts"}, ".x.ts"));
  EXPECT_FALSE(selects({"[!a].ts"}, "a.ts"));
  EXPECT_TRUE(selects({"[!a].ts"}, "b.ts"));
  EXPECT_TRUE(selects({"dist*/"}, "dist-1/a/b"));
  EXPECT_TRUE(selects({"**/*"}, "\xff\xfe/x"));
  EXPECT_FALSE(selects({"a?b"}, "a/b"));
}

TEST(NativeList, EntriesThatLeaveTheirFolderAreErrors) {
  for (const char* const entry : {"/etc/passwd", "../a", "../*", "a/../../b", "", "!", "!/x"}) {
    const auto list = compile_native({entry});
    ASSERT_FALSE(list) << entry;
    EXPECT_EQ(list.error().kind, ErrorKind::invalid);
  }
}

TEST(NativeList, FoldersWithoutMatchesArePruned) {
  const auto list = compile_native({"packages/*/src/**", "lib", "!packages/old", "!**/__tests__/**"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->may_match_below(""));
  EXPECT_TRUE(list->may_match_below("packages"));
  EXPECT_TRUE(list->may_match_below("packages/a/src/deep"));
  EXPECT_TRUE(list->may_match_below("lib/deep"));
  EXPECT_FALSE(list->may_match_below("packages/a/dist"));
  EXPECT_FALSE(list->may_match_below("docs"));
  EXPECT_FALSE(list->may_match_below("packages/old"));
  EXPECT_FALSE(list->may_match_below("packages/old/src"));
  EXPECT_FALSE(list->may_match_below("packages/a/src/__tests__"));
  EXPECT_FALSE(compile_native({"!**"})->may_match_below("a"));
}

}  // namespace
}  // namespace stillage::glob
