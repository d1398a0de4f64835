// SPDX-License-Identifier: MIT
#include "workspace/lock_file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>

#include "base/log.h"
#include "lock_fixture.h"
#include "os/thread_pool.h"

namespace stillage::workspace {
namespace {

using test::TempDir;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(LockFile, WithoutOneTheRangesStand) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"],"resolutions":{"x":"1.2.3"}})");
  dir.write("p/a/package.json", R"({"name":"a","dependencies":{"x":"^1.0.0"}})");
  EXPECT_THAT(closure_in(dir, "a"),
              ElementsAre("overrides\x1fresolutions={\"x\":\"1.2.3\"}\n", "x (direct)\x1fx@^1.0.0?"));
  // Packages may have locks of their own then.
  dir.write("p/a/pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  EXPECT_THAT(subjects(closure_in(dir, "a")), Contains("p/a/pnpm-lock.yaml (whole file)"));
}

TEST(LockFile, BunCountsAsAWholeAndSaysSoOnce) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"]})");
  dir.write("p/a/package.json", R"({"name":"a","dependencies":{"x":"^1.0.0"}})");
  dir.write("bun.lock", "{}");
  std::vector<std::string> told;
  const auto old =
      base::set_log_sink([&](base::LogLevel, std::string_view text) { told.emplace_back(text); });
  EXPECT_THAT(subjects(closure_in(dir, "a")), ElementsAre("bun.lock (whole file)", "x (direct)"));
  closure_in(dir, "a");
  base::set_log_sink(old);
  EXPECT_THAT(told, ElementsAre(HasSubstr("bun.lock")));
}

TEST(LockFile, PatchPackageFolders) {
  const TempDir dir;
  dir.write(
      "package.json",
      R"({"name":"r","workspaces":["p/*"],"pnpm":{"patchedDependencies":{"y@1.0.0":"fixes/y.patch"}}})");
  dir.write("package-lock.json",
            R"({"lockfileVersion":3,"packages":{"":{},"node_modules/@s/x":{"version":"1.0.0"},
    "node_modules/y":{"version":"1.0.0"},"node_modules/z":{"version":"1.0.0"}}})");
  dir.write("p/a/package.json", R"({"name":"a","dependencies":{"@s/x":"1","y":"1"}})");
  dir.write("p/b/package.json", R"({"name":"b","dependencies":{"z":"1"}})");
  dir.write("patches/@s+x+1.0.0.patch", "");
  dir.write("patches/outer++z+1.0.0.patch", "");
  dir.write("p/b/patches/z+1.0.0.dev.patch", "");
  dir.write("p/b/patches/readme.md", "");
  dir.write("fixes/y.patch", "");
  const auto workspace = discover(dir.path());
  ASSERT_TRUE(workspace);
  const auto lock = LockFile::load(*workspace);
  ASSERT_TRUE(lock);
  EXPECT_THAT((*lock)->patch_files(*workspace->find("a")),
              ElementsAre("fixes/y.patch", "patches/@s+x+1.0.0.patch"));
  EXPECT_THAT((*lock)->patch_files(*workspace->find("b")),
              ElementsAre("p/b/patches/z+1.0.0.dev.patch", "patches/outer++z+1.0.0.patch"));
}

TEST(LockFile, AForeignPackageIsAnError) {
  const TempDir dir;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"]})");
  dir.write("p/a/package.json", R"({"name":"a"})");
  const auto workspace = discover(dir.path());
  const auto lock = LockFile::load(*workspace);
  Package foreign;
  foreign.name = "f";
  foreign.dir = "elsewhere";
  EXPECT_FALSE((*lock)->closure(foreign));
  EXPECT_FALSE((*lock)->closure_digest(foreign));
}

/// A yarn lock of `entries` entries in random order, and packages that depend on a few of them.
void write_large(const TempDir& dir, int packages, int entries, unsigned order) {
  std::mt19937 fixed(7);
  std::string workspaces;
  dir.write("package.json", R"({"name":"r","workspaces":["p/*"]})");
  for (int i = 0; i < packages; ++i) {
    std::string dependencies;
    for (int j = 0; j < 8; ++j)
      dependencies += std::string(j == 0 ? "" : ",") + "\"d" +
                      std::to_string(static_cast<int>(fixed() % entries)) + "\":\"^1.0.0\"";
    dir.write("p/p" + std::to_string(i) + "/package.json",
              "{\"name\":\"p" + std::to_string(i) + "\",\"dependencies\":{" + dependencies + "}}");
  }
  std::vector<std::string> texts;
  for (int i = 0; i < entries; ++i) {
    std::string text = "d" + std::to_string(i) + "@^1.0.0:\n  version \"1.0." + std::to_string(i) +
                       "\"\n  integrity sha512-" + std::string(88, static_cast<char>('a' + i % 26)) +
                       "\n  dependencies:\n";
    for (int j = 0; j < 3; ++j)
      text += "    d" + std::to_string(static_cast<int>(fixed() % entries)) + " \"^1.0.0\"\n";
    texts.push_back(text + "\n");
  }
  std::shuffle(texts.begin(), texts.end(), std::mt19937(order));
  std::string lock = "# yarn lockfile v1\n\n\n";
  for (const auto& text : texts) lock += text;
  dir.write("yarn.lock", lock);
}

TEST(LockFile, EntriesInAnyOrderFromManyThreads) {
  const TempDir dir;
  write_large(dir, 40, 300, 1);
  const auto closure = closure_in(dir, "p3");
  const auto digest = digest_in(dir, "p3");
  EXPECT_GT(closure.size(), 100U);
  for (unsigned order = 2; order < 6; ++order) {
    write_large(dir, 40, 300, order);
    EXPECT_EQ(closure_in(dir, "p3"), closure);
  }
  const auto workspace = discover(dir.path());
  const auto lock = LockFile::load(*workspace);
  std::atomic<int> wrong = 0;
  os::parallel_for(400, 1, [&](std::size_t) {
    if (*(*lock)->closure_digest(*workspace->find("p3")) != digest) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(LockFile, AChangedEntryOfALargeOneChangesWhoseClosureHasIt) {
  constexpr int kPackages = 200;
  constexpr int kEntries = 600;
  const TempDir dir;
  write_large(dir, kPackages, kEntries, 1);
  const auto workspace = discover(dir.path());
  const auto told_of_all = [&](auto tell) {
    const auto lock = LockFile::load(*workspace);
    std::vector<std::decay_t<decltype(*tell(**lock, workspace->packages[0]))>> told;
    for (const auto& package : workspace->packages) told.push_back(*tell(**lock, package));
    return told;
  };
  const auto digests = [&] {
    return told_of_all([](const auto& lock, const auto& package) { return lock.closure_digest(package); });
  };
  const auto closures =
      told_of_all([](const auto& lock, const auto& package) { return lock.closure(package); });
  const auto before = digests();

  // The entry that is in the fewest closures, but in some: most are nearly everywhere.
  std::map<std::string, std::set<std::size_t>> who_has;
  for (std::size_t i = 0; i < closures.size(); ++i)
    for (const std::string& subject : subjects(closures[i]))
      if (subject.starts_with("d") && !subject.ends_with("(direct)")) who_has[subject].insert(i);
  const auto rarest = std::ranges::min_element(
      who_has, {}, [](const auto& subject_and_owners) { return subject_and_owners.second.size(); });
  ASSERT_NE(rarest, who_has.end());
  ASSERT_LT(rarest->second.size(), std::size_t{kPackages});
  const std::string version = "version \"" + rarest->first.substr(rarest->first.find('@') + 1) + "\"";
  std::string lock = dir.read("yarn.lock");
  ASSERT_NE(lock.find(version), std::string::npos) << rarest->first;
  dir.write("yarn.lock", lock.replace(lock.find(version), version.size(), "version \"2.0.0\""));

  const auto after = digests();
  for (std::size_t i = 0; i < after.size(); ++i)
    EXPECT_EQ(after[i] != before[i], rarest->second.contains(i)) << workspace->packages[i].name;
}

}  // namespace
}  // namespace stillage::workspace
