// SPDX-License-Identifier: MIT
// Keys where symlinks and local packages lead somewhere.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/hasher/checkout.h"

namespace stillage {
namespace {

using test::Checkout;

class LinkedContent : public test::OwnCache {
 protected:
  Checkout repo;
};

TEST_F(LinkedContent, OfLinksThatGoRoundInCirclesEnds) {
  repo.write("shared/x/file", "1");
  repo.symlink("shared/x/up", "..");
  repo.symlink("shared/x/self", "self");
  repo.symlink("shared/y", "x");
  repo.symlink("shared/app", "../packages/app");
  repo.symlink("packages/app/root", "../..");
  repo.symlink("packages/app/me", ".");
  const std::string before = repo.key();
  EXPECT_EQ(repo.key(), before);
  repo.write("shared/x/file", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(LinkedContent, IsFollowedThroughLinksInside) {
  repo.write("deeper/file", "1");
  repo.symlink("shared/deeper", "../deeper");
  const std::string before = repo.key();
  repo.write("deeper/file", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(LinkedContent, DoesNotIncludeNodeModules) {
  repo.write("node_modules/left/index.js", "1");
  repo.symlink("packages/app/left", "../../node_modules/left");
  const std::string before = repo.key();
  repo.write("node_modules/left/index.js", "2");
  EXPECT_EQ(repo.key(), before);
}

class IgnoredGoal : public LinkedContent {
 protected:
  IgnoredGoal() {
    repo.write(".gitignore", "node_modules\ndist\n/local\n*.secret\n");
    repo.write("local/deep/file", "1");
    repo.write("local/node_modules/left/index.js", "1");
    repo.symlink("local/deep/up", "..");
  }

  void expect_changes() const {
    const std::string before = repo.key();
    EXPECT_EQ(repo.key(), before);
    repo.write("local/node_modules/left/index.js", "2");
    EXPECT_EQ(repo.key(), before);
    repo.write("local/deep/file", "2");
    const std::string with_other_content = repo.key();
    EXPECT_NE(with_other_content, before);
    repo.write("local/new", "");
    EXPECT_NE(repo.key(), with_other_content);
  }
};

TEST_F(IgnoredGoal, CountsByItsContent) {
  repo.symlink("packages/app/local", "../../local");
  expect_changes();
}

TEST_F(IgnoredGoal, CountsThroughLinksInside) {
  repo.symlink("shared/local", "../local");
  expect_changes();
}

TEST_F(IgnoredGoal, CountsThroughAnIgnoredFolderOfItself) {
  repo.write(".gitignore", "node_modules\n/local\n/far\n");
  repo.symlink("far/local", "../local");
  repo.symlink("packages/app/far", "../../far");
  expect_changes();
}

TEST_F(IgnoredGoal, CountsBesideTrackedFiles) {
  repo.write("local/tracked", "1");
  repo.git({"add", "-f", "local/tracked"});
  repo.symlink("packages/app/local", "../../local");
  expect_changes();
}

TEST_F(IgnoredGoal, CountsBelowAListedFolder) {
  repo.write(".gitignore", "node_modules\n/shared/local\n");
  repo.rename("local", "shared/local");
  repo.symlink("packages/app/first", "../../shared");
  repo.symlink("shared/second", "local");
  const std::string before = repo.key();
  repo.write("shared/local/deep/file", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(IgnoredGoal, CountsWhereTheInputNamesTheLink) {
  repo.symlink("packages/app/local", "../../local");
  repo.write(".gitignore", "node_modules\n/local\n/packages/app/local\n");
  Target target = repo.app();
  target.inputs = {"src/**", "local"};
  const std::string before = repo.key(target);
  repo.write("local/deep/file", "2");
  EXPECT_NE(repo.key(target), before);
}

TEST_F(IgnoredGoal, CountsAsASingleFile) {
  repo.write("a.secret", "1");
  repo.symlink("packages/app/one", "../../a.secret");
  const std::string before = repo.key();
  repo.write("a.secret", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(IgnoredGoal, OfAnotherRepositoryCounts) {
  const Checkout other;
  other.write("dist/file", "1");
  repo.symlink("packages/app/other", other.path("dist"));
  const std::string before = repo.key();
  EXPECT_EQ(repo.key(), before);
  other.write("dist/file", "2");
  const std::string with_other_content = repo.key();
  EXPECT_NE(with_other_content, before);
  other.write("dist/new", "");
  EXPECT_NE(repo.key(), with_other_content);
}

TEST_F(IgnoredGoal, DoesNotCountAsFarAsTargetsMakeIt) {
  repo.write(".gitignore", "node_modules\ndist\nlib\n");
  repo.symlink("packages/app/src/declared", "../../lib/made");
  repo.symlink("packages/app/src/default", "../../lib/dist");
  TargetHasherOptions options = repo.options();
  options.targets.back().outputs.reset();
  Target declaring = repo.lib();
  declaring.id = "@x/lib#other";
  declaring.outputs = {"made/**"};
  options.targets.push_back(declaring);
  const std::string before = repo.key(repo.app(), options);
  repo.write("packages/lib/made/a.js", "1");
  repo.write("packages/lib/made/lib/a.js", "1");
  repo.write("packages/lib/dist/a.js", "1");
  EXPECT_EQ(repo.key(repo.app(), options), before);
}

TEST_F(LinkedContent, OutsideOfTheRepositoryCounts) {
  const test::TempDir outside;
  outside.write("folder/a", "1");
  outside.write("file", "1");
  repo.symlink("packages/app/folder", outside / "folder");
  repo.symlink("packages/app/file", outside / "file");
  const std::string before = repo.key();
  EXPECT_EQ(repo.key(), before);
  outside.write("folder/b", "");
  const std::string with_more = repo.key();
  EXPECT_NE(with_more, before);
  outside.write("file", "2");
  EXPECT_NE(repo.key(), with_more);
}

TEST_F(LinkedContent, OutsideOfTheRepositoryCountsThroughLinksInside) {
  const test::TempDir outside;
  outside.write("folder/a", "1");
  outside.write("file", "1");
  repo.symlink("shared/folder", outside / "folder");
  repo.symlink("shared/file", outside / "file");
  const std::string before = repo.key();
  EXPECT_EQ(repo.key(), before);
  outside.write("file", "2");
  const std::string with_other_file = repo.key();
  EXPECT_NE(with_other_file, before);
  outside.write("folder/a", "2");
  EXPECT_NE(repo.key(), with_other_file);
}

TEST_F(LinkedContent, IsTheSameWhereverTheLinkIsEntered) {
  repo.write("round/a/file", "1");
  repo.symlink("round/a/b", "../b");
  repo.write("round/b/file", "2");
  repo.symlink("round/b/a", "../a");
  repo.symlink("packages/app/first", "../../round/a");
  repo.symlink("packages/app/second", "../../round/b");
  Target first = repo.app();
  first.inputs = {"first"};
  Target second = first;
  second.inputs = {"second"};
  TargetHasher forwards(repo.options());
  ASSERT_TRUE(forwards.initialize().has_value());
  first.dependencies = second.dependencies = {};
  const auto a = forwards.hash(first);
  const auto b = forwards.hash(second);
  TargetHasher backwards(repo.options());
  ASSERT_TRUE(backwards.initialize().has_value());
  EXPECT_EQ(*backwards.hash(second), *b);
  EXPECT_EQ(*backwards.hash(first), *a);
}

TEST_F(LinkedContent, ADanglingLinkIsAnInputByItsText) {
  repo.symlink("packages/app/dangling", "nowhere");
  const std::string before = repo.key();
  repo.remove("packages/app/dangling");
  repo.symlink("packages/app/dangling", "elsewhere");
  EXPECT_NE(repo.key(), before);
}

class LocalPackage : public LinkedContent {
 protected:
  void depend_on(const std::string& range) {
    repo.write("packages/app/package.json",
               fmt::format(R"({{"name": "@x/app", "version": "1.0.0", "scripts": {{"build": "tsc"}},)"
                           R"( "dependencies": {{"@x/lib": "*", "local": "{}"}}}})",
                           range));
  }
};

TEST_F(LocalPackage, EntersByItsContent) {
  depend_on("file:../../vendor/local");
  repo.write("vendor/local/package.json", R"({"name": "local", "version": "1.0.0"})");
  repo.write("vendor/local/index.js", "1");
  const std::string before = repo.key();
  repo.write("vendor/local/index.js", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(LocalPackage, EntersThroughAnotherPackageWithoutAnEdgeOfTasks) {
  repo.write(
      "packages/lib/package.json",
      R"({"name": "@x/lib", "version": "1.0.0", "dependencies": {"local": "file:../../vendor/local"}})");
  repo.write("vendor/local/package.json",
             R"({"name": "local", "version": "1.0.0", "dependencies": {"deep": "file:../deep"}})");
  repo.write("vendor/deep/package.json",
             R"({"name": "deep", "version": "1.0.0", "dependencies": {"local": "file:../local"}})");
  repo.write("vendor/local/index.js", "1");
  repo.write("vendor/deep/index.js", "1");
  Target alone = repo.app();
  alone.dependencies = {};
  const std::string before = repo.key(alone);
  repo.write("vendor/local/index.js", "2");
  const std::string with_other_local = repo.key(alone);
  EXPECT_NE(with_other_local, before);
  repo.write("vendor/deep/index.js", "2");
  EXPECT_NE(repo.key(alone), with_other_local);
}

TEST_F(LocalPackage, EntersWhereGitIgnoresIt) {
  depend_on("file:../../vendor/local");
  repo.write(".gitignore", "node_modules\nvendor\n");
  repo.write("vendor/local/package.json", R"({"name": "local", "version": "1.0.0"})");
  repo.write("vendor/local/index.js", "1");
  const std::string before = repo.key();
  repo.write("vendor/local/index.js", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(LocalPackage, EntersFromAnArchive) {
  depend_on("file:../../vendor/local.tgz");
  repo.write("vendor/local.tgz", "1");
  const std::string before = repo.key();
  repo.write("vendor/local.tgz", "2");
  EXPECT_NE(repo.key(), before);
}

TEST_F(LocalPackage, APatchOfAnExternalPackageEnters) {
  repo.write("patches/left+1.2.0.patch", "1");
  const std::string before = repo.key();
  repo.write("patches/left+1.2.0.patch", "2");
  EXPECT_NE(repo.key(), before);
}

}  // namespace
}  // namespace stillage
