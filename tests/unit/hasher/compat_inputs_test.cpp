// SPDX-License-Identifier: MIT
// Which files lage takes for the inputs of a target.
#include "hasher/compat_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hasher/package_tree.h"
#include "hasher/package_trie.h"
#include "support/temp_dir.h"

namespace stillage::hasher {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PackagePattern, IsJoinedAsNodeDoes) {
  EXPECT_EQ(package_pattern("packages/a", "**/*"), "packages/a/**/*");
  EXPECT_EQ(package_pattern("packages/a", "!./src//*.ts"), "!packages/a/src/*.ts");
  EXPECT_EQ(package_pattern("packages/a", "../b/"), "packages/b/");
  EXPECT_EQ(package_pattern("packages/a", ""), "packages/a");
  EXPECT_EQ(package_pattern("", ""), ".");
  EXPECT_EQ(package_pattern("", "src/"), "src/");
  EXPECT_EQ(package_pattern("a", "!!x"), "!a/!x") << "only the first one is kept in front";
  EXPECT_EQ(package_pattern("a", "!(x|y)"), "!a/(x|y)") << "an extglob becomes a negation";
  EXPECT_EQ(package_pattern("a", "\\*.ts"), "a//*.ts") << "escapes are lost";
}

class Tree : public ::testing::Test {
 protected:
  std::vector<std::string> select(const std::string& dir, const std::vector<std::string>& patterns) {
    const auto selected = tree_.select(dir, patterns);
    EXPECT_TRUE(selected);
    std::vector<std::string> found;
    for (const std::uint32_t file : **selected) found.emplace_back(paths_[file]);
    return found;
  }

  std::vector<std::string_view> paths_{"top.json",        "packages/x",         "packages/a/i.ts",
                                       "packages/a/.hid", "packages/a/in/o.ts", "packages/a/in/deep/p.ts",
                                       "packages/ab/q.ts"};
  PackageTree tree_{{"packages/a", "packages/a/in/deep", ""}, paths_};
};

TEST_F(Tree, AFileBelongsToTheDeepestPackageOnItsWay) {
  EXPECT_THAT(select("packages/a", {"**/*"}),
              ElementsAre("packages/a/i.ts", "packages/a/.hid", "packages/a/in/o.ts"));
  EXPECT_THAT(select("packages/a/in/deep", {"**"}), ElementsAre("packages/a/in/deep/p.ts"));
  EXPECT_THAT(select("", {"**/*"}), ElementsAre("top.json", "packages/x", "packages/ab/q.ts"));
  EXPECT_THAT(select("packages/none", {"**/*"}), IsEmpty());
}

TEST_F(Tree, PatternsAreALists) {
  EXPECT_THAT(select("packages/a", {"!**/*.ts"}), ElementsAre("packages/a/.hid")) << "all but";
  EXPECT_THAT(select("packages/a", {"**/*", "!in/**", "in/o.ts"}),
              ElementsAre("packages/a/i.ts", "packages/a/.hid", "packages/a/in/o.ts"));
  EXPECT_THAT(select("packages/a", {}), IsEmpty());
  EXPECT_FALSE(tree_.select("packages/a", {std::string(70'000, '?')}));
}

TEST(PackageTrie, BackfillLosesFilesBesideNestedPackages) {
  PackageTrie trie;
  trie.add_package("packages/a");
  trie.add_package("packages/a/in/deep");
  EXPECT_EQ(trie.package_of("packages/a/in/o.ts"), "packages/a");
  EXPECT_EQ(trie.folder_of("packages/a/in/o.ts"), "packages/a/in");
  EXPECT_EQ(trie.folder_of("packages/a/toString"), "packages/a/toString");
  EXPECT_EQ(trie.folder_of("packages/a/constructor/y.ts"), "packages/a/constructor");
  EXPECT_EQ(trie.package_of("packages/a/constructor/y.ts"), "packages/a");
}

/// a → b → c → b, and d by names that are not followed.
workspace::CompatWorkspace small_workspace() {
  workspace::CompatWorkspace workspace;
  const auto add = [&](const std::string& name, std::vector<workspace::DependencyRange> dependencies,
                       std::vector<workspace::DependencyRange> dev_dependencies) {
    workspace.by_name.emplace(name, workspace.packages.size());
    workspace.packages.push_back({.name = name,
                                  .dir = "/r/" + name,
                                  .dependencies = std::move(dependencies),
                                  .dev_dependencies = std::move(dev_dependencies)});
  };
  add("a", {{"b", "*"}, {"d", "npm:e@1"}, {"a", "*"}}, {{"d", "file:../d"}, {"left", "1"}});
  add("b", {}, {{"c", "^1"}});
  add("c", {{"b", "workspace:*"}}, {});
  add("d", {}, {});
  return workspace;
}

TEST(ExpandInputs, CaretsGoToAllThatThePackageLeadsTo) {
  const workspace::CompatWorkspace workspace = small_workspace();
  const auto expanded =
      expand_compat_inputs(workspace, *workspace.find("a"), {"src/**", "^**/*", "!^**/*.md", "^^x", "!y"});
  std::vector<std::string> shown;
  for (const auto& [package, patterns] : expanded)
    shown.push_back(package->name + ":" + base::join(patterns, " "));
  EXPECT_THAT(shown, ElementsAre("a:src/** !y", "b:**/* !**/*.md ^x", "c:**/* !**/*.md ^x"));
}

TEST(ExpandInputs, OnlyCaretsLeaveThePackageOut) {
  const workspace::CompatWorkspace workspace = small_workspace();
  EXPECT_THAT(expand_compat_inputs(workspace, *workspace.find("d"), {"^**/*"}), IsEmpty());
}

}  // namespace
}  // namespace stillage::hasher
