// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/temp_dir.h"
#include "workspace/package_graph.h"
#include "workspace/workspace.h"

namespace stillage::workspace {
namespace {

using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> dirs(const Workspace& workspace) {
  std::vector<std::string> found;
  for (const auto& package : workspace.packages) found.push_back(package.dir);
  return found;
}

void write_package(const TempDir& dir, const std::string& folder, const std::string& name,
                   const std::string& more = "") {
  dir.write(folder + "/package.json", "{\"name\":\"" + name + "\",\"version\":\"1.0.0\"" + more + "}");
}

TEST(Discover, NpmFromASubDirectory) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["packages/*","tools/cli"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "packages/b", "b");
  write_package(dir, "packages/a", "a", R"(,"dependencies":{"b":"*"})");
  write_package(dir, "tools/cli", "cli");
  write_package(dir, "packages/node_modules", "hidden");
  write_package(dir, "packages/a/node_modules/x", "x");
  write_package(dir, "packages/.dot", "dot");
  dir.make_dir("packages/a/src/deep");
  dir.make_dir("packages/no-package");
  for (const char* const start : {"packages/a/src/deep", "packages", "."}) {
    const auto found = discover(dir / start);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->root, dir.path());
    EXPECT_EQ(found->manager, PackageManager::npm);
    EXPECT_EQ(found->client, "npm");
    EXPECT_EQ(found->lock_file, "package-lock.json");
    EXPECT_FALSE(found->single_package);
    EXPECT_THAT(dirs(*found), ElementsAre("packages/a", "packages/b", "tools/cli"));
    ASSERT_TRUE(found->root_package);
    EXPECT_EQ(found->root_package->name, "repo");
    EXPECT_EQ(found->find("cli")->dir, "tools/cli");
    EXPECT_EQ(found->find("hidden"), nullptr);
    EXPECT_EQ(found->index_of("b"), 1U);
  }
}

TEST(Discover, PatternsWithNegationBracesAndDepth) {
  const TempDir dir;
  dir.write("package.json",
            R"({"workspaces":{"packages":["./{apps,libs}/**/","!**/skip","!libs/n*/out","plain/"]}})");
  dir.write("yarn.lock", "# yarn lockfile v1\n");
  for (const char* const name : {"apps", "apps/one", "apps/deep/er/two", "apps/skip", "libs/three",
                                 "libs/new/out", "libs/new/in", "plain", "apps/__fixtures__/f", "other"})
    write_package(dir, name, name);
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->manager, PackageManager::yarn);
  EXPECT_EQ(found->manager_version, "1");
  EXPECT_THAT(dirs(*found),
              ElementsAre("apps", "apps/deep/er/two", "apps/one", "libs/new/in", "libs/three", "plain"));
}

TEST(Discover, SegmentsAreGlobs) {
  const TempDir dir;
  dir.write("package.json", R"_({"workspaces":["@(a|b)*/!(no)","[c-d]/x?","e{1..2}/*"]})_");
  dir.write("package-lock.json", "{}");
  for (const char* const name :
       {"a1/yes", "a1/no", "b/yes2", "f/yes", "c/x1", "c/x12", "d/xy", "e1/p", "e2/q", "e3/r"})
    write_package(dir, name, name);
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(dirs(*found), ElementsAre("a1/yes", "b/yes2", "c/x1", "d/xy", "e1/p", "e2/q"));
}

TEST(Discover, HostilePatternsAreLeftOut) {
  const TempDir dir;
  std::string braces;
  for (int i = 0; i < 40; ++i) braces += "{a,b}";
  dir.write("package.json",
            R"({"name":"r","workspaces":[")" + braces + R"(",")" + std::string(100000, '{') + R"("]})");
  dir.write("package-lock.json", "{}");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->single_package);
  EXPECT_EQ(found->warnings.size(), 2U);
}

TEST(Discover, LinkedFoldersButNoCircles) {
  const TempDir dir;
  dir.write("package.json", R"({"workspaces":["packages/**"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "elsewhere/x", "x");
  write_package(dir, "packages/a", "a");
  dir.symlink("packages/linked", "../elsewhere/x");
  dir.symlink("packages/a/circle", "../../packages");
  dir.symlink("packages/a/disk", "/");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(dirs(*found), ElementsAre("packages/a", "packages/linked"));
}

TEST(Discover, RootAsAPackageOfItsOwn) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"top","workspaces":[".","packages/*"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "packages/a", "a");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(dirs(*found), ElementsAre("", "packages/a"));
  EXPECT_FALSE(found->root_package);
}

TEST(Discover, Pnpm) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","packageManager":"pnpm@9.1.0+sha512.abc"})");
  dir.write("pnpm-workspace.yaml", "# ours\r\npackages:\r\n- 'packages/*'   # all\r\n- \"!packages/b\"\r\n");
  dir.write("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  write_package(dir, "packages/a", "a");
  write_package(dir, "packages/b", "b");
  const auto found = discover(dir / "packages/b");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->manager, PackageManager::pnpm);
  EXPECT_EQ(found->manager_version, "9.1.0");
  EXPECT_EQ(found->client, "pnpm");
  EXPECT_EQ(found->lock_file, "pnpm-lock.yaml");
  EXPECT_THAT(dirs(*found), ElementsAre("packages/a"));
}

TEST(Discover, BerryByItsLockFile) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["p/*"]})");
  dir.write("yarn.lock", "# This file is generated\n\n__metadata:\n  version: 8\n");
  write_package(dir, "p/a", "a");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manager, PackageManager::berry);
  EXPECT_EQ(found->client, "yarn");
}

TEST(Discover, RushWithComments) {
  const TempDir dir;
  dir.write("rush.json",
            "\xEF\xBB\xBF// rush\n{ /* v */ \"pnpmVersion\": \"8.15.0\",\n \"projects\": [\n"
            "{\"packageName\":\"a\",\"projectFolder\":\"apps/a\"},\n{\"projectFolder\":\"./libs/b/\"},\n]}");
  dir.write("common/config/rush/pnpm-lock.yaml", "lockfileVersion: '6.0'\n");
  write_package(dir, "apps/a", "a");
  write_package(dir, "libs/b", "b");
  const auto found = discover(dir / "apps/a");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->manager, PackageManager::rush);
  EXPECT_EQ(found->client, "pnpm");
  EXPECT_EQ(found->manager_version, "8.15.0");
  EXPECT_EQ(found->lock_file, "common/config/rush/pnpm-lock.yaml");
  EXPECT_THAT(dirs(*found), ElementsAre("apps/a", "libs/b"));

  dir.write("rush.json", R"({"projects":[{"projectFolder":"gone"}]})");
  EXPECT_THAT(discover(dir.path()).error().message, HasSubstr("rush.json: lists \"gone\""));
  dir.write("rush.json", R"({"projects":[{"projectFolder":"../out"}]})");
  EXPECT_THAT(discover(dir.path()).error().message, HasSubstr("outside"));
}

TEST(Discover, LernaListsOrDelegates) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["ws/*"]})");
  dir.write("yarn.lock", "# yarn lockfile v1\n");
  write_package(dir, "ws/w", "w");
  write_package(dir, "listed/l", "l");
  dir.write("lerna.json", "{ // own list\n\"packages\": [\"listed/*\",], }");
  auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->manager, PackageManager::lerna);
  EXPECT_EQ(found->client, "yarn");
  EXPECT_EQ(found->lock_file, "yarn.lock");
  EXPECT_THAT(dirs(*found), ElementsAre("listed/l"));

  dir.write("lerna.json", "{}");
  found = discover(dir.path());
  ASSERT_TRUE(found);
  EXPECT_THAT(dirs(*found), ElementsAre("ws/w"));
}

TEST(Discover, PreferredManager) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["p/*"]})");
  dir.write("lerna.json", R"({"packages":["l/*"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "p/a", "a");
  write_package(dir, "l/b", "b");
  ::setenv("PREFERRED_WORKSPACE_MANAGER", "npm", 1);
  const auto found = discover(dir.path());
  ::setenv("PREFERRED_WORKSPACE_MANAGER", "nmp", 1);
  const auto wrong = discover(dir.path());
  ::unsetenv("PREFERRED_WORKSPACE_MANAGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manager, PackageManager::npm);
  EXPECT_THAT(dirs(*found), ElementsAre("p/a"));
  EXPECT_THAT(wrong.error().message, HasSubstr("PREFERRED_WORKSPACE_MANAGER"));
  EXPECT_EQ(discover(dir.path())->manager, PackageManager::lerna);
}

TEST(Discover, WorkspacesWithoutAnyLockFile) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["p/*"]})");
  write_package(dir, "p/a", "a");
  const auto found = discover(dir / "p/a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, dir.path());
  EXPECT_EQ(found->manager, PackageManager::npm);
  EXPECT_EQ(found->lock_file, "");
  EXPECT_THAT(dirs(*found), ElementsAre("p/a"));
}

TEST(Discover, SinglePackage) {
  const TempDir dir;
  write_package(dir, "only", "only", R"(,"scripts":{"build":"tsc"})");
  dir.make_dir("only/src");
  auto found = discover(dir / "only/src");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->single_package);
  EXPECT_EQ(found->root, dir / "only");
  EXPECT_EQ(found->manager, PackageManager::none);
  EXPECT_THAT(dirs(*found), ElementsAre(""));
  EXPECT_EQ(*found->packages[0].script("build"), "tsc");
  EXPECT_EQ(found->packages[0].script("test"), nullptr);

  dir.write("only/pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  found = discover(dir / "only/src");
  EXPECT_EQ(found->manager, PackageManager::pnpm);
  EXPECT_EQ(found->lock_file, "pnpm-lock.yaml");
}

TEST(Discover, NoPackageJsonIsAClearError) {
  const TempDir dir;
  const auto found = discover(dir.path());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("no package.json in " + dir.path()));
}

TEST(Discover, FilesThatOnlyMarkAModuleTypeAreNoPackages) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["p/**"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "p/a", "a");
  dir.write("p/a/dist/esm/package.json", R"({"type":"module"})");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(dirs(*found), ElementsAre("p/a"));
}

TEST(Discover, ErrorsNameTheFiles) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"repo","workspaces":["p/*"]})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "p/a", "same");
  write_package(dir, "p/b", "same");
  auto found = discover(dir.path());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("p/a/package.json and p/b/package.json"));

  dir.write("p/b/package.json", R"({"scripts":{"build":"tsc"}})");
  EXPECT_THAT(discover(dir.path()).error().message,
              HasSubstr("p/b/package.json: a workspace package has no name"));

  dir.write("p/b/package.json", "{\n  \"name\": \"b\",\n  oops\n}");
  EXPECT_THAT(discover(dir.path()).error().message, HasSubstr("p/b/package.json:3:"));

  dir.write("p/b/package.json", "[]");
  EXPECT_THAT(discover(dir.path()).error().message, HasSubstr("p/b/package.json: is not a JSON object"));
}

TEST(Discover, PatternsThatLeaveTheRootAreToldAndLeftOut) {
  const TempDir dir;
  dir.write("repo/package.json", R"({"name":"repo","workspaces":["../out/*","p/*"]})");
  dir.write("repo/package-lock.json", "{}");
  write_package(dir, "out/x", "x");
  write_package(dir, "repo/p/a", "a");
  const auto found = discover(dir / "repo");
  ASSERT_TRUE(found);
  EXPECT_THAT(dirs(*found), ElementsAre("p/a"));
  EXPECT_THAT(found->warnings, ElementsAre(HasSubstr("../out/*")));
}

TEST(Discover, LocalDependenciesOfPackagesRootAndFolders) {
  const TempDir dir;
  dir.write(
      "package.json",
      R"({"name":"r","workspaces":["p/*"],"devDependencies":{"t":"file:./tools/t.tgz"},"resolutions":{"q":"portal:../q"}})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "p/a", "a",
                R"(,"dependencies":{"v":"file:../../vendor/v","b":"link:../b","npm":"^1.0.0"})");
  write_package(dir, "p/b", "b");
  write_package(dir, "vendor/v", "v",
                R"(,"dependencies":{"w":"file:../w"},"devDependencies":{"no":"file:../no"})");
  write_package(dir, "vendor/w", "w", R"(,"dependencies":{"v":"file:../v"})");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->find("a")->local_dependencies,
              ElementsAre("../q", "tools/t.tgz", "vendor/v", "vendor/w"));
  EXPECT_THAT(found->find("b")->local_dependencies, ElementsAre("../q", "tools/t.tgz"));
}

TEST(Discover, LocalDependenciesAreReachedThroughOtherPackages) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"],"devDependencies":{"tool":"*"}})");
  dir.write("package-lock.json", "{}");
  write_package(dir, "p/app", "app", R"(,"dependencies":{"middle":"*"})");
  write_package(dir, "p/middle", "middle", R"(,"dependencies":{"lib":"workspace:*"})");
  write_package(
      dir, "p/lib", "lib",
      R"(,"dependencies":{"v":"file:../../vendor/v","app":"*"},"devDependencies":{"d":"file:../../vendor/d"})");
  write_package(dir, "p/tester", "tester", R"(,"devDependencies":{"lib":"*"})");
  write_package(dir, "p/user", "user", R"(,"dependencies":{"tester":"*"})");
  write_package(dir, "p/tool", "tool", R"(,"dependencies":{"t":"file:../../vendor/t"})");
  write_package(dir, "p/far", "far", R"(,"dependencies":{"f":"file:../../vendor/f"})");
  write_package(dir, "vendor/v", "v", R"(,"dependencies":{"w":"file:../w"})");
  write_package(dir, "vendor/w", "w", R"(,"dependencies":{"v":"file:../v","far":"file:../../p/far"})");
  write_package(dir, "vendor/d", "d");
  write_package(dir, "vendor/f", "f");
  write_package(dir, "vendor/t", "t");
  const auto found = discover(dir.path());
  ASSERT_TRUE(found) << found.error().message;
  const auto of = [&](const char* name) { return found->find(name)->local_dependencies; };
  const auto passed_on = ElementsAre("vendor/f", "vendor/t", "vendor/v", "vendor/w");
  EXPECT_THAT(of("lib"), ElementsAre("vendor/d", "vendor/f", "vendor/t", "vendor/v", "vendor/w"));
  EXPECT_THAT(of("middle"), passed_on);
  EXPECT_THAT(of("app"), passed_on);
  EXPECT_THAT(of("tester"), passed_on);
  EXPECT_THAT(of("user"), ElementsAre("vendor/t")) << "devDependencies of another package do not count";
  EXPECT_THAT(found->root_package->local_dependencies, ElementsAre("vendor/t"));
}

TEST(PackageGraph, InternalAndExternalRanges) {
  Workspace workspace;
  workspace.packages = {
      {.name = "a",
       .dir = "p/a",
       .dependencies = {{"b", "^1.0.0"}, {"c", "npm:c@1"}, {"d", "file:../d"}, {"alias", "workspace:f@*"}},
       .dev_dependencies = {{"e", "https://host/e.tgz"}, {"g", "catalog:"}, {"a", "*"}}},
      {.name = "b", .dir = "p/b", .peer_dependencies = {{"a", "*"}}},
      {.name = "c", .dir = "p/c", .optional_dependencies = {{"d", "owner/d"}, {"e", "workspace:p/e"}}},
      {.name = "d", .dir = "p/d", .dependencies = {{"renamed", "portal:../e"}}},
      {.name = "e", .dir = "p/e"},
      {.name = "f", .dir = "p/f", .dependencies = {{"d", "file:../../vendor/d"}}},
      {.name = "g", .dir = "p/g"},
  };
  workspace.reindex();
  const PackageGraph graph = package_graph(workspace);
  EXPECT_THAT(graph.dependencies[0], ElementsAre(1, 3, 5, 6));
  EXPECT_THAT(graph.dependencies[1], ElementsAre(0));
  EXPECT_THAT(graph.dependencies[2], ElementsAre(4));
  EXPECT_THAT(graph.dependencies[3], ElementsAre(4));
  EXPECT_THAT(graph.dependencies[5], IsEmpty());
  EXPECT_THAT(graph.dependents[4], UnorderedElementsAre(2, 3));
  EXPECT_THAT(graph.dependents[0], ElementsAre(1));
}

}  // namespace
}  // namespace stillage::workspace
