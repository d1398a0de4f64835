// SPDX-License-Identifier: MIT
// Packages as lage lists them, also where discover() would refuse.
#include "workspace/compat_workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/temp_dir.h"
#include "workspace/compat_packages.h"

namespace stillage::workspace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CompatDiscover : public ::testing::Test {
 protected:
  void package(const std::string& where, const std::string& name) const {
    dir_.write(where + "/package.json", "{\"name\":\"" + name + "\"}");
  }
  /// "name@folder" of each.
  std::vector<std::string> found(const std::string& below = "") const {
    std::vector<std::string> all;
    for (const CompatPackage& one : compat_discover(dir_.path() + below).packages) {
      const std::string dir = one.dir == dir_.path() ? "." : one.dir.substr(dir_.path().size() + 1);
      all.push_back(one.name + "@" + dir);
    }
    return all;
  }

  test::TempDir dir_;
};

TEST_F(CompatDiscover, PatternsAreThoseOfFastGlob) {
  dir_.write("yarn.lock", "");
  dir_.write("package.json", R"({"workspaces":["!packages/skip","packages/*","./libs/**","tools\\x"]})");
  package("packages/a", "a");
  package("packages/skip", "skip");
  package("packages/.hidden", "hidden");
  package("libs/deep/b", "b");
  package("libs/node_modules/m", "m");
  package("libs/__fixtures__/f", "f");
  package("tools/x", "x");
  EXPECT_THAT(found(), ElementsAre("a@packages/a", "b@libs/deep/b", "x@tools/x"));
}

TEST_F(CompatDiscover, TheLastOfOneNameCountsAndNamelessOnesAreUndefined) {
  dir_.write("package-lock.json", "{}");
  dir_.write("package.json", R"({"workspaces":{"packages":["z/*","a/*","n/*"]}})");
  package("z/one", "same");
  package("a/two", "same");
  dir_.write("n/x/package.json", "{}");
  dir_.write("n/y/package.json", "{ not json");
  dir_.write("n/z/package.json", "\xEF\xBB\xBF{\"name\":\"marked\"}");
  EXPECT_THAT(found(), ElementsAre("same@a/two", "undefined@n/x"));
}

TEST_F(CompatDiscover, WithoutAListTheNearestPackageIsTheOnlyOne) {
  dir_.write("pnpm-workspace.yaml", "onlyBuiltDependencies: []\n");
  package(".", "root");
  dir_.make_dir("deep/er");
  EXPECT_THAT(found(), ElementsAre("root@."));
  EXPECT_THAT(found("/deep/er"), ElementsAre("root@."));
  EXPECT_TRUE(compat_discover(dir_.path()).is_fallback);
  dir_.write("package.json", "{ broken");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CompatDiscover, PnpmLernaAndRush) {
  package("packages/a", "a");
  package("rush-project", "r");
  dir_.write("package.json", R"({"name":"root","workspaces":["none/*"]})");
  dir_.write("pnpm-workspace.yaml", "packages:\n  - packages/*\n");
  EXPECT_THAT(found(), ElementsAre("a@packages/a"));
  dir_.write("rush.json",
             "{ /* projects */ \"projects\": [{\"projectFolder\": \"rush-project\"}, "
             "{\"projectFolder\": \"gone\"},] }");
  EXPECT_THAT(found(), ElementsAre("r@rush-project"));
  dir_.write("lerna.json", "{ // delegates\n}");
  EXPECT_THAT(found(), ElementsAre("a@packages/a")) << "no npm or yarn lock: pnpm";
  dir_.write("lerna.json", R"({"packages": ["."]})");
  EXPECT_THAT(found(), ElementsAre("root@."));
}

TEST_F(CompatDiscover, TheNearestManagerWinsUnlessAnotherIsPreferred) {
  dir_.write("yarn.lock", "");
  dir_.write("package.json", R"({"workspaces":["outer"]})");
  package("outer", "outer");
  dir_.write("inner/package-lock.json", "{}");
  dir_.write("inner/package.json", R"({"workspaces":["p"]})");
  package("inner/p", "p");
  EXPECT_THAT(found("/inner"), ElementsAre("p@inner/p"));
  ::setenv("PREFERRED_WORKSPACE_MANAGER", "yarn", 1);
  EXPECT_THAT(found("/inner"), ElementsAre("outer@outer"));
  ::setenv("PREFERRED_WORKSPACE_MANAGER", "nonsense", 1);
  EXPECT_THAT(found("/inner"), ElementsAre("p@inner/p"));
  ::unsetenv("PREFERRED_WORKSPACE_MANAGER");
}

TEST(CompatPackage, IsWhatJsonParseMakesOfIt) {
  const auto file = parse_compat_package(
      R"({"name":"first","name":"a","dependencies":{"x":"1","y":"2","x":"3"},"devDependencies":{"y":"4","z":5}})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->package.name, "a");
  EXPECT_THAT(file->package.all_dependencies(),
              ElementsAre(DependencyRange{"x", "3"}, DependencyRange{"y", "4"}, DependencyRange{"z", "5"}));
  EXPECT_TRUE(parse_compat_package("null")) << "any JSON is a package";
  EXPECT_EQ(parse_compat_package("[]")->package.name, "undefined");
  EXPECT_EQ(parse_compat_package("{\"name\":\"\xFF\"}")->package.name, "\xEF\xBF\xBD");
  EXPECT_FALSE(parse_compat_package("{\"name\":\"a\"} x"));
  EXPECT_FALSE(parse_compat_package(""));
}

}  // namespace
}  // namespace stillage::workspace
