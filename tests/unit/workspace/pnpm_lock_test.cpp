// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lock_fixture.h"

namespace stillage::workspace {
namespace {

using test::TempDir;
using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

constexpr const char* kNine = R"(lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

patchedDependencies:
  is-odd@3.0.1:
    hash: abc
    path: patches/is-odd@3.0.1.patch

importers:

  .:
    devDependencies:
      '@s/types':
        specifier: ^20.0.0
        version: 20.1.0

  packages/a:
    dependencies:
      al:
        specifier: npm:lodash@^4
        version: lodash@4.17.21
      b:
        specifier: workspace:*
        version: link:../b
      react-dom:
        specifier: ^18.0.0
        version: 18.3.1(react@18.3.1)

  packages/b:
    dependencies:
      is-odd:
        specifier: ^3.0.0
        version: 3.0.1(patch_hash=abc)
    optionalDependencies:
      fsevents:
        specifier: '*'
        version: 2.3.3

packages:

  '@s/types@20.1.0':
    resolution: {integrity: sha512-types}

  fsevents@2.3.3:
    resolution: {integrity: sha512-fs}
    engines: {node: ^8.16.0 || ^10.6.0 || >=11.0.0}
    os: [darwin]

  is-number@6.0.0:
    resolution: {tarball: https://registry.example.org/is-number.tgz}

  is-odd@3.0.1:
    resolution: {integrity: sha512-odd}

  lodash@4.17.21:
    resolution: {integrity: sha512-lodash}

  react-dom@18.3.1:
    resolution: {integrity: sha512-dom}
    peerDependencies:
      react: ^18.3.1

  react@18.3.1:
    resolution: {integrity: sha512-react}

snapshots:

  '@s/types@20.1.0': {}

  fsevents@2.3.3:
    optional: true

  is-number@6.0.0: {}

  is-odd@3.0.1(patch_hash=abc):
    dependencies:
      is-number: 6.0.0

  lodash@4.17.21: {}

  react-dom@18.3.1(react@18.3.1):
    dependencies:
      react: 18.3.1

  react@18.3.1: {}
)";

void write_nine(const TempDir& dir) {
  dir.write("package.json", R"({"name":"r","devDependencies":{"@s/types":"^20.0.0"}})");
  dir.write("pnpm-workspace.yaml", "packages:\n  - packages/*\n");
  dir.write("packages/a/package.json",
            R"({"name":"a","dependencies":{"al":"npm:lodash@^4","b":"workspace:*","react-dom":"^18.0.0"}})");
  dir.write("packages/b/package.json",
            R"({"name":"b","dependencies":{"is-odd":"^3.0.0"},"optionalDependencies":{"fsevents":"*"}})");
  dir.write("patches/is-odd@3.0.1.patch", "diff");
  dir.write("pnpm-lock.yaml", kNine);
}

TEST(PnpmLock, VersionNine) {
  const TempDir dir;
  write_nine(dir);
  EXPECT_THAT(closure_in(dir, "b"),
              ElementsAre("@s/types (of the root)\x1f@s/types@20.1.0", "@s/types@20.1.0\x1fsha512-types\x1f",
                          "fsevents (direct)\x1f"
                          "fsevents@2.3.3",
                          "fsevents@2.3.3\x1fsha512-fs\x1f",
                          "is-number@6.0.0\x1f{tarball=https://registry.example.org/is-number.tgz}\x1f",
                          "is-odd (direct)\x1fis-odd@3.0.1(patch_hash=abc)",
                          "is-odd@3.0.1(patch_hash=abc)\x1fsha512-odd\x1fis-number@6.0.0"));
  const auto a = closure_in(dir, "a");
  EXPECT_THAT(a,
              IsSupersetOf({"al (direct)\x1f"
                            "al=lodash@4.17.21",
                            "react-dom@18.3.1(react@18.3.1)\x1fsha512-dom\x1freact@18.3.1",
                            "b (direct)\x1f"
                            "b (workspace)",
                            "is-number@6.0.0\x1f{tarball=https://registry.example.org/is-number.tgz}\x1f"}));
  const auto workspace = discover(dir.path());
  const auto lock = LockFile::load(*workspace);
  EXPECT_THAT((*lock)->patch_files(*workspace->find("b")), ElementsAre("patches/is-odd@3.0.1.patch"));
}

TEST(PnpmLock, CutAnywhereItCountsAsAWhole) {
  const TempDir dir;
  write_nine(dir);
  const std::string whole = kNine;
  for (std::size_t length = whole.size() - 2; length > 0; length -= std::min<std::size_t>(length, 7)) {
    for (const std::size_t cut : {length, whole.rfind('\n', length) + 1}) {
      dir.write("pnpm-lock.yaml", whole.substr(0, cut));
      EXPECT_THAT(closure_in(dir, "b"), Contains(testing::HasSubstr("pnpm-lock.yaml (whole file)")))
          << whole.substr(0, cut);
    }
  }
}

TEST(PnpmLock, Precision) {
  const TempDir dir;
  write_nine(dir);
  const auto a = closure_in(dir, "a");
  const auto b = closure_in(dir, "b");
  edit(dir, "pnpm-lock.yaml", "sha512-lodash", "sha512-LODASH");
  EXPECT_NE(closure_in(dir, "a"), a);
  EXPECT_EQ(closure_in(dir, "b"), b);
  edit(dir, "pnpm-lock.yaml", "    os: [darwin]\n",
       "    os: [darwin]\n    deprecated: |-\n      no longer\n      kept\n");
  EXPECT_EQ(closure_in(dir, "b"), b);
  edit(dir, "pnpm-lock.yaml", "sha512-fs", "sha512-FS");
  EXPECT_NE(closure_in(dir, "b"), b);
}

TEST(PnpmLock, VersionSix) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r"})");
  dir.write("pnpm-workspace.yaml", "packages: ['p/*']\n");
  dir.write("p/a/package.json",
            R"({"name":"a","dependencies":{"dom":"^18","b":"workspace:*","al":"npm:x@1"}})");
  dir.write("p/b/package.json", R"({"name":"b","dependencies":{"gitdep":"o/r"}})");
  dir.write("pnpm-lock.yaml", R"(lockfileVersion: '6.0'

importers:

  .: {}

  p/a:
    dependencies:
      al:
        specifier: npm:x@1
        version: /x@1.0.0
      b:
        specifier: workspace:*
        version: link:../b
      dom:
        specifier: ^18
        version: 18.3.1(react@18.3.1)

  p/b:
    dependencies:
      gitdep:
        specifier: o/r
        version: github.com/o/r/abc

packages:

  /dom@18.3.1(react@18.3.1):
    resolution: {integrity: sha512-dom}
    dependencies:
      react: 18.3.1
    dev: false

  /react@18.3.1:
    resolution: {integrity: sha512-react}
    dev: false

  /x@1.0.0:
    resolution: {integrity: sha512-x}

  github.com/o/r/abc:
    resolution: {tarball: https://example.org/abc}
    name: gitdep
    version: 1.0.0
)");
  EXPECT_THAT(subjects(closure_in(dir, "a")),
              ElementsAre("al (direct)", "b (direct)", "b (workspace)", "dom (direct)",
                          "dom@18.3.1(react@18.3.1)", "github.com/o/r/abc", "react@18.3.1", "x@1.0.0"));
}

TEST(PnpmLock, VersionFiveAndASinglePackage) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"solo","dependencies":{"dom":"^18"},"devDependencies":{"@s/t":"1"}})");
  dir.write("pnpm-lock.yaml", R"(lockfileVersion: 5.4

specifiers:
  dom: ^18
  '@s/t': '1'

dependencies:
  dom: 18.3.1_react@18.3.1

devDependencies:
  '@s/t': 1.0.0

packages:

  /@s/t/1.0.0:
    resolution: {integrity: sha512-t}
    dev: true

  /dom/18.3.1_react@18.3.1:
    resolution: {integrity: sha512-dom}
    dependencies:
      react: 18.3.1
    dev: false

  /react/18.3.1:
    resolution: {integrity: sha512-react}
)");
  EXPECT_THAT(subjects(closure_in(dir, "solo")),
              ElementsAre("@s/t (of the root)", "@s/t/1.0.0", "dom (of the root)", "dom/18.3.1_react@18.3.1",
                          "react/18.3.1"));
}

TEST(PnpmLock, RushCountsImportersFromItsTemporaryFolder) {
  const TempDir dir;
  dir.write("rush.json",
            R"({"pnpmVersion":"8.0.0","projects":[{"projectFolder":"apps/a"},{"projectFolder":"libs/b"}]})");
  dir.write("apps/a/package.json", R"({"name":"a","dependencies":{"x":"1","b":"workspace:*"}})");
  dir.write("libs/b/package.json", R"({"name":"b","dependencies":{"y":"1"}})");
  dir.write("common/config/rush/pnpm-lock.yaml",
            "lockfileVersion: '6.0'\nimporters:\n  .: {}\n  ../../apps/a:\n    dependencies:\n      x: "
            "{specifier: '1', version: 1.0.0}\n"
            "      b: {specifier: 'workspace:*', version: link:../../libs/b}\n"
            "packages:\n  /x@1.0.0:\n    resolution: {integrity: sha512-x}\n");
  EXPECT_THAT(subjects(closure_in(dir, "a")),
              ElementsAre("b (direct)", "b (workspace)", "x (direct)", "x@1.0.0"));
  // No importer speaks of b: the whole file does.
  EXPECT_THAT(subjects(closure_in(dir, "b")),
              ElementsAre("common/config/rush/pnpm-lock.yaml (whole file)", "y (direct)"));
}

TEST(PnpmLock, UnknownVersionsCountAsAWhole) {
  const TempDir dir;
  write_nine(dir);
  for (const char* const text : {"lockfileVersion: '10.0'\n", "lockfileVersion: 4\n", "", "a: [\n",
                                 "{\n}\n---\n", "lockfileVersion: '9.0'\n<<<<<<< HEAD\n"}) {
    dir.write("pnpm-lock.yaml", text);
    EXPECT_THAT(subjects(closure_in(dir, "a")), Contains("pnpm-lock.yaml (whole file)")) << text;
  }
}

}  // namespace
}  // namespace stillage::workspace
