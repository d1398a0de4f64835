// SPDX-License-Identifier: MIT
#include "watch/tree_snapshot.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace stillage::watch {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(const std::vector<ChangedPath>& changes) {
  std::vector<std::string> lines;
  for (const ChangedPath& change : changes)
    lines.push_back(change.path + " (" + to_string(change.change) + ")");
  return lines;
}

class Tree : public testing::Test {
 protected:
  std::vector<std::string> changes_by(const std::function<void()>& action, const Ignored& ignored = {}) {
    const TreeSnapshot before = TreeSnapshot::take(dir_.path(), ignored);
    action();
    return lines(before.changes_until(TreeSnapshot::take(dir_.path(), ignored)));
  }

  test::TempDir dir_;
};

TEST_F(Tree, EveryKindOfChange) {
  for (const char* const name : {"changed", "gone/file", "kept", "links/old", "same", "mode", "swap"})
    dir_.write(name, "before");
  dir_.make_dir("fresh");
  EXPECT_THAT(changes_by([&] {
                dir_.write("changed", "after!");
                fs::remove_all(dir_ / "gone");
                dir_.write("new/file", "x");
                fs::remove(dir_ / "links/old");
                dir_.symlink("links/new", "../kept");
                ::chmod((dir_ / "mode").c_str(), 0755);
                fs::remove(dir_ / "swap");
                dir_.make_dir("swap");
              }),
              ElementsAre("changed (change)", "gone (unlinkDir)", "gone/file (unlink)", "links/new (add)",
                          "links/old (unlink)", "mode (change)", "new (addDir)", "new/file (add)",
                          "swap (unlink)", "swap (addDir)"));
}

TEST_F(Tree, NothingHappened) {
  dir_.write("a/b", "x");
  EXPECT_THAT(changes_by([] {}), IsEmpty());
}

TEST_F(Tree, AFileThatWasReplacedByOneOfTheSameSizeAndTime) {
  dir_.write("a", "before");
  const auto time = fs::last_write_time(dir_ / "a");
  EXPECT_THAT(changes_by([&] {
                dir_.write("b", "after!");
                fs::rename(dir_ / "b", dir_ / "a");
                fs::last_write_time(dir_ / "a", time);
              }),
              ElementsAre("a (change)"));
}

TEST_F(Tree, WhatIsIgnored) {
  dir_.make_dir("packages/a/node_modules");
  EXPECT_THAT(changes_by(
                  [&] {
                    dir_.write("packages/a/.cache/x", "1");
                    dir_.write(".git/x", "1");
                    dir_.write("packages/a/logs/x", "1");
                    dir_.write("packages/b/logs/x", "1");
                  },
                  {{".git", ".cache"}, {dir_ / "packages/a/logs"}}),
              ElementsAre("packages/b (addDir)", "packages/b/logs (addDir)", "packages/b/logs/x (add)"));
}

TEST_F(Tree, LinksAreNotFollowed) {
  const test::TempDir other;
  dir_.symlink("link", other.path());
  EXPECT_THAT(changes_by([&] { other.write("x", "1"); }), IsEmpty());
}

TEST_F(Tree, AMissingTreeIsEmpty) {
  const auto none = TreeSnapshot::take(dir_ / "none", {});
  EXPECT_THAT(none.changes_until(TreeSnapshot::take(dir_ / "none", {})), IsEmpty());
}

}  // namespace
}  // namespace stillage::watch
