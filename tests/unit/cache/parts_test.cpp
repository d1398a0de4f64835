// SPDX-License-Identifier: MIT
// The smaller parts: globs of a target, snapshots, logs, options as text.
#include <gmock/gmock.h>

#include <random>

#include "base/log.h"
#include "cache/log_root.h"
#include "cache/snapshot.h"
#include "cache/target_outputs.h"
#include "cache/tolerant_cache_provider.h"
#include "stillage/cache_options.h"

namespace stillage::test {
namespace {

using cache::OutputBase;
using cache::TargetOutputs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TargetOutputs outputs_of(std::optional<std::vector<std::string>> globs,
                         const std::string& cwd = "/repo/packages/a") {
  Target target;
  target.id = "a#build";
  target.cwd = cwd;
  target.outputs = std::move(globs);
  auto outputs = TargetOutputs::of(target, "/repo", std::nullopt);
  EXPECT_TRUE(outputs) << outputs.error().message;
  return std::move(*outputs);
}

TEST(TargetOutputs, SearchesStartWhereGlobsBecomeMagic) {
  EXPECT_THAT(outputs_of({{"dist/js/**/*.js", "dist/**", "./version.txt", "a*/b"}}).bases(),
              ElementsAre(OutputBase{"", false}));
  EXPECT_THAT(outputs_of({{"dist/js/**/*.js", "dist/css/*", "version.txt", "!dist/js/x/**"}}).bases(),
              ElementsAre(OutputBase{"dist/css", false}, OutputBase{"dist/js", false},
                          OutputBase{"version.txt", true}));
  EXPECT_THAT(outputs_of({{"lib", "lib/**"}}).bases(), ElementsAre(OutputBase{"lib", false}));
  EXPECT_TRUE(outputs_of({{"!lib/**"}}).bases().empty());
  EXPECT_TRUE(outputs_of(std::vector<std::string>{}).bases().empty());
}

TEST(TargetOutputs, CleanableIsWhatADeclaredGlobWithALiteralFirstSegmentMatches) {
  const auto outputs = outputs_of({{"dist/**", "**/*.css", "!dist/keep/**"}});
  EXPECT_TRUE(outputs.matches_cleanable("dist/x.js"));
  EXPECT_FALSE(outputs.matches_cleanable("src/x.css"));
  EXPECT_TRUE(outputs.matches("src/x.css"));
  EXPECT_FALSE(outputs.matches_cleanable("dist/keep/x"));
  EXPECT_FALSE(outputs_of(std::nullopt).matches_cleanable("dist/x.js"));
  EXPECT_TRUE(outputs_of(std::nullopt).matches("dist/x.js"));
}

TEST(TargetOutputs, OverlapIsSeenAcrossPackages) {
  const auto own = outputs_of({{"dist/**"}});
  EXPECT_TRUE(may_overlap(own, outputs_of({{"packages/a/dist/bundle.js"}}, "/repo")));
  EXPECT_TRUE(may_overlap(own, outputs_of({{"**/*.js"}}, "/repo")));
  EXPECT_FALSE(may_overlap(own, outputs_of({{"dist/**"}}, "/repo")));
  EXPECT_FALSE(may_overlap(own, outputs_of({{"dist/**"}}, "/repo/packages/ab")));
  EXPECT_FALSE(may_overlap(own, outputs_of(std::vector<std::string>{})));
}

cache::SnapshotDraft draft() {
  cache::SnapshotDraft draft;
  draft.target = "a#build";
  draft.package_dir = "packages/a";
  draft.key = "key";
  draft.entry = {.inode = 7, .size = 8, .mtime_ns = 9};
  draft.taken_ns = 5'000'000'123;
  draft.outputs = {
      {.path = "dist/a", .kind = archive::OutputKind::file, .mode = 0644, .size = 3, .mark = {1, 2, 3}},
      {.path = "dist/b", .kind = archive::OutputKind::symlink, .link = "a", .mark = {4, 5, 6}}};
  draft.folders = {{.path = "dist", .mark = {7, 8, 9}}, {.path = "lib", .mark = {}}};
  return draft;
}

std::shared_ptr<const cache::Snapshot> parse(const std::string& payload) {
  const auto owner = std::make_shared<const std::string>(payload);
  return cache::Snapshot::parse(*owner, owner);
}

TEST(Snapshot, ReadsWhatItWrote) {
  const auto snapshot = parse(cache::Snapshot::encode(draft()));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->target, "a#build");
  EXPECT_EQ(snapshot->entry, draft().entry);
  ASSERT_NE(snapshot->find("dist/b"), nullptr);
  EXPECT_EQ(snapshot->find("dist/b")->link, "a");
  EXPECT_EQ(snapshot->find("dist/c"), nullptr);
  EXPECT_EQ(snapshot->folders.size(), 2U);
}

TEST(Snapshot, DamagedBytesNeverHurt) {
  const std::string whole = cache::Snapshot::encode(draft());
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(parse(whole.substr(0, cut)));
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = whole;
    for (int flips = 0; flips < 3; ++flips) bad[random() % bad.size()] = static_cast<char>(random());
    const auto snapshot = parse(bad);
    if (!snapshot) continue;
    for (const auto& record : snapshot->outputs) EXPECT_TRUE(archive::is_safe_path(record.path));
  }
}

TEST(Snapshot, YoungFilesProveNothing) {
  constexpr std::int64_t kNow = 1'700'000'000'123'456'789;
  EXPECT_TRUE(cache::is_racy({.inode = 1, .mtime_ns = kNow - 1000, .ctime_ns = kNow - 1000}, kNow));
  EXPECT_TRUE(cache::is_racy({.inode = 1, .mtime_ns = kNow - 1'000'000'000, .ctime_ns = kNow + 5}, kNow));
  EXPECT_FALSE(
      cache::is_racy({.inode = 1, .mtime_ns = kNow - 30'000'000, .ctime_ns = kNow - 30'000'000}, kNow));
  // A file system that counts whole seconds.
  constexpr std::int64_t kWhole = 1'700'000'000'000'000'000;
  EXPECT_TRUE(cache::is_racy(
      {.inode = 1, .mtime_ns = kWhole - 1'000'000'000, .ctime_ns = kWhole - 1'000'000'000}, kWhole));
  EXPECT_FALSE(cache::is_racy(
      {.inode = 1, .mtime_ns = kWhole - 3'000'000'000, .ctime_ns = kWhole - 3'000'000'000}, kWhole));
}

std::vector<std::string> texts(const std::vector<LogChunk>& log) {
  std::vector<std::string> all;
  for (const LogChunk& chunk : log) all.push_back(chunk.text);
  return all;
}

TEST(LogRoot, OnlyWholePathsAreReplaced) {
  const std::vector<LogChunk> log = {
      {LogStream::out, "/repo /repo/a /repo2 /x/repo file:///repo/b (/repo) /repo-x /repo"}};
  EXPECT_THAT(texts(cache::with_root(cache::without_root(log, "/repo"), "/there")),
              ElementsAre("/there /there/a /repo2 /x/repo file:///there/b (/there) /repo-x /there"));
}

TEST(LogRoot, ComesBackAsItWasHoweverItIsCut) {
  const std::string text = "one /repo/x two /repo three /repo";
  for (std::size_t a = 0; a <= text.size(); ++a)
    for (std::size_t b = a; b <= text.size(); ++b) {
      const std::vector<LogChunk> log = {{LogStream::out, text.substr(0, a)},
                                         {LogStream::err, "/repo"},
                                         {LogStream::out, text.substr(a, b - a)},
                                         {LogStream::out, text.substr(b)}};
      const auto stored = cache::without_root(log, "/repo");
      std::string all;
      for (const LogChunk& chunk : stored) all += chunk.text;
      EXPECT_EQ(all.find("/repo"), std::string::npos);
      std::string back;
      for (const LogChunk& chunk : cache::with_root(stored, "/repo"))
        if (chunk.stream == LogStream::out) back += chunk.text;
      EXPECT_EQ(back, text);
    }
}

TEST(CacheOptionsText, HoldsNoSecret) {
  CacheOptions options;
  options.cache_storage_config =
      CacheStorageConfig{.provider = "azure-blob",
                         .options = {{"connectionString", "AccountKey=hunter2"}, {"container", "hunter2"}},
                         .credential_name = "environment"};
  options.cache_key = "hunter2";
  EXPECT_THAT(to_string(options), HasSubstr("azure-blob"));
  EXPECT_THAT(to_string(options), HasSubstr("connectionString=<redacted>"));
  EXPECT_THAT(to_string(options), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace stillage::test
