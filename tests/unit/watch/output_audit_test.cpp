// SPDX-License-Identifier: MIT
#include "watch/output_audit.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class Audit : public testing::Test {
 protected:
  Audit() {
    dir_.make_dir("repo/.git");
    dir_.write("repo/packages/a/package.json", "{}");
    dir_.write("repo/packages/a/src/x.ts", "x");
    dir_.write("repo/packages/b/package.json", "{}");
  }

  std::vector<std::string> outside(const std::vector<std::string>& globs,
                                   const std::function<void()>& action) {
    const OutputAudit audit({.package_root = dir_ / "repo/packages/a",
                             .output_glob = globs,
                             .ignored_folders = {dir_ / "repo/packages/a/made/logs"}});
    EXPECT_EQ(audit.root(), dir_ / "repo");
    action();
    const auto changes = audit.changes_outside();
    EXPECT_TRUE(changes) << changes.error().message;
    std::vector<std::string> lines;
    for (const ChangedPath& change : changes.value_or(std::vector<ChangedPath>()))
      lines.push_back(change.path + " (" + to_string(change.change) + ")");
    return lines;
  }

  void write(const std::string& name) const { dir_.write("repo/" + name, "new"); }

  test::TempDir dir_;
};

TEST_F(Audit, OutputsAreWithinTheScope) {
  EXPECT_THAT(outside({"lib/**", "types"},
                      [&] {
                        write("packages/a/lib/deep/x.js");
                        write("packages/a/lib/.tsbuildinfo");
                        write("packages/a/types/x.d.ts");
                        write("packages/a/made/logs/x");
                        write("packages/a/node_modules/.cache/x");
                        write(".git/index");
                      }),
              ElementsAre("packages/a/node_modules (addDir)"));
}

TEST_F(Audit, EverythingElseIsNot) {
  EXPECT_THAT(outside({"lib/**", "!lib/x"},
                      [&] {
                        write("packages/a/lib/x");
                        write("packages/a/lib/y");
                        write("packages/a/src/x.ts");
                        write("packages/b/lib/y");
                        write("top");
                      }),
              ElementsAre("packages/a/lib/x (add)", "packages/a/src/x.ts (change)", "packages/b/lib (addDir)",
                          "packages/b/lib/y (add)", "top (add)"));
}

TEST_F(Audit, OutputsThatWentAway) {
  write("packages/a/lib/deep/x");
  write("packages/a/lib/deep/y");
  EXPECT_THAT(outside({"lib"}, [&] { fs::remove_all(dir_ / "repo/packages/a/lib"); }), IsEmpty());
  EXPECT_THAT(outside({"lib/**"}, [&] { fs::remove(dir_ / "repo/packages/a/src/x.ts"); }),
              ElementsAre("packages/a/src/x.ts (unlink)"));
}

TEST_F(Audit, FoldersOnTheWayToOutputs) {
  EXPECT_THAT(outside({"out/one/x"}, [&] { write("packages/a/out/one/x"); }), IsEmpty());
  EXPECT_THAT(outside({"out/one/x"}, [&] { write("packages/a/other/x"); }),
              ElementsAre("packages/a/other (addDir)", "packages/a/other/x (add)"));
}

TEST_F(Audit, WithoutARepositoryThePackageIsWatched) {
  fs::remove_all(dir_ / "repo/.git");
  const OutputAudit audit(
      {.package_root = dir_ / "repo/packages/a", .output_glob = {"lib/**"}, .ignored_folders = {}});
  // A repository may lie around the folder for temporary files.
  EXPECT_TRUE(audit.root() == dir_ / "repo/packages/a" || fs::exists(audit.root() + "/.git"));
}

TEST_F(Audit, AGitFileMarksARepository) {
  dir_.write("repo/packages/a/.git", "gitdir: elsewhere\n");
  const OutputAudit audit(
      {.package_root = dir_ / "repo/packages/a", .output_glob = {"lib/**"}, .ignored_folders = {}});
  EXPECT_EQ(audit.root(), dir_ / "repo/packages/a");
}

}  // namespace
}  // namespace stillage::watch
