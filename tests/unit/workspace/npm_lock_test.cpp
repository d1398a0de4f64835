// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lock_fixture.h"

namespace stillage::workspace {
namespace {

using test::TempDir;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

/// As npm 10 writes it: two debugs, one nested, an alias, a linked folder outside of the workspaces.
constexpr const char* kLock = R"({
  "name": "repo", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "repo", "workspaces": ["packages/*"], "devDependencies": {"al": "npm:ms@2.0.0"}},
    "node_modules/a": {"resolved": "packages/a", "link": true},
    "node_modules/al": {"name": "ms", "version": "2.0.0", "integrity": "sha512-ms200", "dev": true},
    "node_modules/b": {"resolved": "packages/b", "link": true},
    "node_modules/debug": {"version": "4.4.3", "integrity": "sha512-d443", "dependencies": {"ms": "^2.1.3"},
      "peerDependenciesMeta": {"supports-color": {"optional": true}}},
    "node_modules/ms": {"version": "2.1.3", "integrity": "sha512-ms213"},
    "node_modules/v": {"resolved": "vendor/v", "link": true},
    "node_modules/unrelated": {"version": "1.0.0", "integrity": "sha512-u"},
    "packages/a": {"version": "1.0.0", "dependencies": {"b": "^1.0.0", "debug": "^4"}},
    "packages/b": {"version": "1.0.0", "dependencies": {"debug": "2.6.9"}},
    "packages/b/node_modules/debug": {"version": "2.6.9", "integrity": "sha512-d269", "dependencies": {"ms": "2.0.0"}},
    "packages/b/node_modules/ms": {"version": "2.0.0", "integrity": "sha512-ms200"},
    "vendor/v": {"version": "1.0.0", "dependencies": {"ms": "2.1.1"}},
    "vendor/v/node_modules/ms": {"version": "2.1.1", "integrity": "sha512-ms211"}
  }
})";

void write_repo(const TempDir& dir) {
  dir.write("package.json",
            R"({"name":"repo","workspaces":["packages/*"],"devDependencies":{"al":"npm:ms@2.0.0"}})");
  dir.write(
      "packages/a/package.json",
      R"({"name":"a","dependencies":{"debug":"^4","v":"file:../../vendor/v"},"peerDependencies":{"ms":"*"}})");
  dir.write("packages/b/package.json", R"({"name":"b","dependencies":{"debug":"2.6.9"}})");
  dir.write("packages/c/package.json",
            R"({"name":"c","dependencies":{"b":"^1.0.0"},"devDependencies":{"unrelated":"1"}})");
  dir.write("vendor/v/package.json", R"({"name":"v","dependencies":{"ms":"2.1.1"}})");
  dir.write("package-lock.json", kLock);
}

TEST(NpmLock, FollowsTheNestingOfNodeModules) {
  const TempDir dir;
  write_repo(dir);
  EXPECT_THAT(subjects(closure_in(dir, "a")),
              ElementsAre("al (of the root)", "debug (direct)", "debug@4.4.3", "ms (direct)", "ms@2.0.0",
                          "ms@2.1.1", "ms@2.1.3", "v (direct)", "vendor/v (folder)"));
  const auto b = closure_in(dir, "b");
  EXPECT_THAT(subjects(b), ElementsAre("al (of the root)", "debug (direct)", "debug@2.6.9", "ms@2.0.0"));
  EXPECT_THAT(b, Contains("debug@2.6.9\x1fsha512-d269\x1fms@2.0.0"));
  EXPECT_THAT(b, Contains("al (of the root)\x1f"
                          "al=ms@2.0.0"));
  // Through b, but without what only b's development needs.
  EXPECT_THAT(subjects(closure_in(dir, "c")),
              IsSupersetOf({"b (workspace)", "debug@2.6.9", "unrelated@1.0.0"}));
}

TEST(NpmLock, OnlyWhatIsReachedCounts) {
  const TempDir dir;
  write_repo(dir);
  const auto a = closure_in(dir, "a");
  const auto a_digest = digest_in(dir, "a");
  const auto b = closure_in(dir, "b");
  const auto b_digest = digest_in(dir, "b");
  edit(dir, "package-lock.json",
       R"("node_modules/unrelated": {"version": "1.0.0", "integrity": "sha512-u"},)",
       R"("node_modules/more": {"version": "3.0.0"},)");
  EXPECT_EQ(closure_in(dir, "a"), a);
  EXPECT_EQ(closure_in(dir, "b"), b);
  edit(dir, "package-lock.json", "sha512-d269", "sha512-CHANGED");
  EXPECT_EQ(closure_in(dir, "a"), a);
  EXPECT_EQ(digest_in(dir, "a"), a_digest);
  EXPECT_NE(closure_in(dir, "b"), b);
  EXPECT_NE(digest_in(dir, "b"), b_digest);
  EXPECT_NE(digest_in(dir, "c"), b_digest);
}

TEST(NpmLock, TransitiveVersionsAndIntegrityCount) {
  const TempDir dir;
  write_repo(dir);
  const auto before = closure_in(dir, "a");
  edit(dir, "package-lock.json", R"("version": "2.1.3")", R"("version": "2.1.4")");
  const auto version = closure_in(dir, "a");
  EXPECT_NE(version, before);
  edit(dir, "package-lock.json", "sha512-ms213", "sha512-ms214");
  EXPECT_NE(closure_in(dir, "a"), version);
}

TEST(NpmLock, CopiesOfOneVersionWithDifferentDependenciesAreToldApart) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"]})");
  dir.write("p/a/package.json", R"({"name":"a","dependencies":{"l":"1","m":"1"}})");
  const auto lock = [](const std::string& under_l, const std::string& under_m) {
    return R"({"lockfileVersion":3,"packages":{"":{},
      "node_modules/l":{"version":"1.0.0","dependencies":{"x":"1"}},"node_modules/m":{"version":"1.0.0","dependencies":{"x":"1"}},
      "node_modules/l/node_modules/x":{"version":"1.0.0","dependencies":{"y":"*"}},
      "node_modules/m/node_modules/x":{"version":"1.0.0","dependencies":{"y":"*"}},
      "node_modules/l/node_modules/y":{"version":")" +
           under_l + R"("},
      "node_modules/m/node_modules/y":{"version":")" +
           under_m + R"("}}})";
  };
  dir.write("package-lock.json", lock("1.0.0", "2.0.0"));
  const auto one_way = closure_in(dir, "a");
  dir.write("package-lock.json", lock("2.0.0", "1.0.0"));
  EXPECT_NE(closure_in(dir, "a"), one_way);
}

TEST(NpmLock, CopiesOfOneVersionWithDifferentContentAreToldApart) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","dependencies":{"l":"1","m":"1"}})");
  const auto lock = [](const std::string& under_l, const std::string& under_m) {
    return R"({"lockfileVersion":3,"packages":{"":{},
      "node_modules/l":{"version":"1.0.0","dependencies":{"x":"1"}},"node_modules/m":{"version":"1.0.0","dependencies":{"x":"1"}},
      "node_modules/l/node_modules/x":{"version":"1.0.0","integrity":")" +
           under_l + R"("},"node_modules/m/node_modules/x":{"version":"1.0.0","integrity":")" + under_m +
           R"("}}})";
  };
  dir.write("package-lock.json", lock("sha512-one", "sha512-two"));
  const auto one_way = closure_in(dir, "r");
  dir.write("package-lock.json", lock("sha512-two", "sha512-one"));
  EXPECT_NE(closure_in(dir, "r"), one_way);
}

TEST(NpmLock, VersionOneNestsItsDependencies) {
  const TempDir dir;
  dir.write("package.json",
            R"({"name":"single","dependencies":{"l":"^1.0.0","g":"o/g"},"devDependencies":{"y":"^2.0.0"}})");
  dir.write("package-lock.json", R"({"name":"single","lockfileVersion":1,"requires":true,"dependencies":{
    "l":{"version":"1.0.0","integrity":"sha512-l","requires":{"y":"^1.0.0"},
         "dependencies":{"y":{"version":"1.5.0","integrity":"sha512-y1"}}},
    "g":{"version":"github:o/g#abc","from":"o/g"},
    "y":{"version":"2.0.0","integrity":"sha512-y2","dev":true}}})");
  const auto closure = closure_in(dir, "single");
  EXPECT_THAT(
      closure,
      IsSupersetOf({std::string("l@1.0.0\x1fsha512-l\x1fy@1.5.0"), std::string("y@1.5.0\x1fsha512-y1\x1f"),
                    std::string("y@2.0.0\x1fsha512-y2\x1f"), std::string("g@github:o/g#abc\x1f\x1f")}));
}

TEST(NpmLock, OrderOfEntriesIsNothing) {
  const TempDir dir;
  write_repo(dir);
  const auto before = closure_in(dir, "a");
  std::string text = dir.read("package-lock.json");
  const std::string line = R"(    "node_modules/ms": {"version": "2.1.3", "integrity": "sha512-ms213"},)"
                           "\n";
  text.erase(text.find(line), line.size());
  text.insert(text.find("    \"node_modules/a\""), line);
  dir.write("package-lock.json", text);
  EXPECT_EQ(closure_in(dir, "a"), before);
}

TEST(NpmLock, DependenciesThatTheLockDoesNotKnowStandByTheirRange) {
  const TempDir dir;
  write_repo(dir);
  edit(dir, "packages/b/package.json", "2.6.9\"", "2.6.9\",\"newcomer\":\"^7.0.0\"");
  EXPECT_THAT(closure_in(dir, "b"), Contains("newcomer (direct)\x1fnewcomer@^7.0.0?"));
}

TEST(NpmLock, UnknownOrDamagedLocksCountAsAWhole) {
  const TempDir dir;
  write_repo(dir);
  std::string nested = "{\"lockfileVersion\":1,\"dependencies\":";
  for (int i = 0; i < 300; ++i) nested += "{\"a\":{\"dependencies\":";
  for (const std::string& text :
       {std::string("{"), std::string("<<<<<<< HEAD\n{}"), std::string("[]"), std::string(),
        std::string(R"({"lockfileVersion":9})"), nested, std::string(kLock).substr(0, 400)}) {
    dir.write("package-lock.json", text);
    const auto workspace = discover(dir.path());
    const auto lock = LockFile::load(*workspace);
    ASSERT_TRUE(lock) << lock.error().message;
    EXPECT_TRUE((*lock)->is_whole_file());
    const auto before = closure_in(dir, "a");
    EXPECT_THAT(subjects(before), Contains("package-lock.json (whole file)"));
    dir.write("package-lock.json", text + " ");
    EXPECT_NE(closure_in(dir, "a"), before);
  }
}

TEST(NpmLock, OddEntriesDoNoHarm) {
  const TempDir dir;
  write_repo(dir);
  dir.write("package-lock.json",
            R"({"lockfileVersion":2,"packages":{"":{},"x":1,"node_modules/debug":{"link":true},
    "node_modules/ms":{"version":1,"dependencies":{"ms":2,"debug":"*"}},"/":{},"node_modules/node_modules/":{},
    "node_modules/debug":{"version":"4.0.0"}},"dependencies":{"q":{"link":true}}})");
  EXPECT_THAT(subjects(closure_in(dir, "a")), Contains("debug (direct)"));
  dir.write(
      "package-lock.json",
      R"({"dependencies":{"q":{"link":true,"resolved":"z","requires":{"q":"1"}},"debug":{"version":"4"}}})");
  EXPECT_THAT(subjects(closure_in(dir, "a")), Contains("debug@4"));
}

}  // namespace
}  // namespace stillage::workspace
