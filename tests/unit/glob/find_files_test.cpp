// SPDX-License-Identifier: MIT
#include "glob/find_files.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace stillage::glob {
namespace {

using Paths = std::vector<std::string>;

Paths found(const test::TempDir& dir, const Paths& patterns, bool dot = false) {
  auto result = find_files(dir.path(), patterns, {dot});
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result.value_or(Paths{});
}

TEST(FindFiles, FoldersStandForAllBeneath) {
  const test::TempDir dir;
  for (const char* const name : {"env/a", "env/b/c", "env/.d", "other"}) dir.write(name, "");
  EXPECT_EQ(found(dir, {"env"}), (Paths{"env/a", "env/b/c"}));
  EXPECT_EQ(found(dir, {"env"}, true), (Paths{"env/.d", "env/a", "env/b/c"}));
  EXPECT_EQ(found(dir, {"./env/"}), (Paths{"env/a", "env/b/c"}));
  EXPECT_EQ(found(dir, {"**/*", "!env/b"}), (Paths{"env/a", "other"}));
  EXPECT_EQ(found(dir, {"!env", "**/*"}), (Paths{"env/a", "env/b/c", "other"}));
  EXPECT_EQ(found(dir, {"!env"}), Paths{});
}

TEST(FindFiles, LinksAreEnteredAndCirclesEnd) {
  const test::TempDir dir;
  dir.write("real/f", "");
  dir.symlink("linked", "real");
  dir.symlink("file-link", "real/f");
  dir.symlink("dangling", "nowhere");
  EXPECT_EQ(found(dir, {"**"}), (Paths{"file-link", "linked/f", "real/f"}));
  // The kernel follows up to 40 links, and so does globby.
  dir.symlink("real/self", ".");
  const Paths deep = found(dir, {"real/**/f"});
  EXPECT_EQ(deep.size(), 41U);
  EXPECT_EQ(deep.front(), "real/f");
}

TEST(FindFiles, PathsAreSpelledAsThePatternIs) {
  const test::TempDir dir;
  dir.write("a.ts", "");
  dir.write("src/b.ts", "");
  EXPECT_EQ(found(dir, {"./src/*.ts"}), Paths{"./src/b.ts"});
  EXPECT_EQ(found(dir, {"./*.ts"}), Paths{"a.ts"});
  EXPECT_EQ(found(dir, {"src/../a.ts"}), Paths{"src/../a.ts"});
}

TEST(FindFiles, RejectsWhatGlobbyRejects) {
  const test::TempDir dir;
  dir.write("file", "");
  EXPECT_FALSE(find_files(dir.path(), {"file/*"}));
  EXPECT_FALSE(find_files(dir.path(), {"{1..5000}"}));
  EXPECT_FALSE(find_files(dir.path(), {"/**"})) << "not the whole file system";
  EXPECT_EQ(found(dir, {"missing/*"}), Paths{});
  EXPECT_EQ(find_files(dir / "no-such-root", {"**"}).value_or(Paths{"error"}), Paths{});
}

TEST(FindFiles, IgnoredFoldersAreLookedForInTheWorkingFolder) {
  const test::TempDir dir;
  for (const char* const name : {"pkg/lib/a", "pkg/lib/skip/b"}) dir.write(name, "");
  const Paths patterns{"lib/skip/*", "!lib/skip/"};
  EXPECT_EQ(find_files(dir / "pkg", patterns, {}).value(), Paths{});
  EXPECT_EQ(find_files(dir / "pkg", patterns, {false, dir.path()}).value(), Paths{"lib/skip/b"});
}

}  // namespace
}  // namespace stillage::glob
