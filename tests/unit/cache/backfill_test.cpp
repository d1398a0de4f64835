// SPDX-License-Identifier: MIT
// The local cache of lage and of plain backfill: what lies where, what is stored and what is restored.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "stillage/backfill_cache_provider.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kBase = "checkout/node_modules/.cache/lage/";

class Backfill : public CacheTest {
 protected:
  Backfill() { reopen(); }

  void reopen(CacheOptions options = {}) {
    subject_ = std::make_unique<BackfillCacheProvider>(
        BackfillCacheProviderOptions{.root = root_, .cache_options = std::move(options)});
  }
  void write(const std::string& name, const std::string& content, unsigned mode = 0644) {
    base_.write("checkout/packages/a/" + name, content, mode);
  }
  void link(const std::string& name, const std::string& text) {
    base_.symlink("checkout/packages/a/" + name, text);
  }
  std::string entry(const std::string& hash = key('1')) const {
    return std::string(kBase) + "cache/" + hash.substr(0, 4) + "/" + hash;
  }
  std::string log_of(const std::string& hash = key('1')) const {
    return std::string(kBase) + "logs/" + hash.substr(0, 4) + "/" + hash + ".log";
  }
  std::map<std::string, std::string> stored(const std::string& hash = key('1')) const {
    return tree(entry(hash).substr(9));
  }
  /// An entry as another tool, or anybody, would make it.
  void plant(const std::string& name, const std::string& content, unsigned mode = 0644) {
    base_.write(entry() + "/" + name, content, mode);
  }
  PutResult put(const Target& target, const std::string& hash = key('1')) {
    auto done = subject_->put(hash, target);
    EXPECT_TRUE(done) << done.error().message;
    return done ? std::move(*done) : PutResult{};
  }
  Result<RestoreReport> restore(const std::string& hash = key('1')) {
    auto hit = subject_->look_up(hash, a_);
    if (!hit) return tl::make_unexpected(hit.error());
    if (!*hit) return fail(ErrorKind::corrupt, "a miss");
    return (*hit)->restore();
  }
  ErrorKind restore_error() {
    const auto report = restore();
    EXPECT_FALSE(report);
    return report ? ErrorKind::cancelled : report.error().kind;
  }
  /// Files with names of ours anywhere in the checkout.
  std::size_t temporary() const {
    std::size_t found = 0;
    for (const auto& [path, what] : tree("")) found += os::is_temp_name(path.substr(path.rfind('/') + 1));
    return found;
  }

  std::unique_ptr<BackfillCacheProvider> subject_;
  Target a_ = target("a#build");
};

TEST_F(Backfill, EntriesAndLogsLieWhereLageHasThem) {
  write("dist/one.js", "1");
  write("dist/.hidden/two", "2", 0755);
  write("src/index.ts", "source");
  base_.make_dir("checkout/packages/a/dist/empty");
  RunResult run;
  run.log = {{LogStream::out, "out 1\n"}, {LogStream::err, "err\n"}, {LogStream::out, "out 2\n"}};
  const auto done = subject_->put("abcdef0123", a_, run);
  ASSERT_TRUE(done && done->entry) << done->not_stored_because;
  EXPECT_THAT(
      tree("node_modules/.cache/lage"),
      UnorderedElementsAre(
          Pair("cache", "folder"), Pair("cache/abcd", "folder"), Pair("cache/abcd/abcdef0123", "folder"),
          Pair("cache/abcd/abcdef0123/dist", "folder"), Pair("cache/abcd/abcdef0123/dist/one.js", "644 1"),
          Pair("cache/abcd/abcdef0123/dist/.hidden", "folder"),
          Pair("cache/abcd/abcdef0123/dist/.hidden/two", "755 2"), Pair("logs", "folder"),
          Pair("logs/abcd", "folder"), Pair("logs/abcd/abcdef0123.log", "644 out 1\nout 2\n\nerr\n")));
  EXPECT_EQ(done->entry->info().outputs, 2U);
  EXPECT_EQ(done->entry->info().output_bytes, 2U);
}

TEST_F(Backfill, InternalCacheFolderChangesNothingInLagesLayout) {
  CacheOptions options;
  options.internal_cache_folder = ".elsewhere";
  reopen(options);
  write("dist/one.js", "1");
  put(a_);
  EXPECT_TRUE(base_.exists(entry() + "/dist/one.js"));
}

TEST_F(Backfill, PlainBackfillsLayoutHasNoPrefixAndNoLogs) {
  const std::string package = root_ + "/packages/a";
  for (const std::string folder : {"", ".cache/here"}) {
    CacheOptions options;
    options.internal_cache_folder = folder;
    BackfillCacheProvider plain(
        {.root = package, .cache_options = options, .layout = BackfillLayout::backfill, .checkout = root_});
    write("dist/one.js", "1");
    const auto done = plain.put("abcdef0123", a_);
    ASSERT_TRUE(done && done->entry);
    const std::string base = folder.empty() ? "node_modules/.cache/backfill" : folder;
    EXPECT_THAT(tree("packages/a/" + base),
                UnorderedElementsAre(Pair("abcdef0123", "folder"), Pair("abcdef0123/dist", "folder"),
                                     Pair("abcdef0123/dist/one.js", "644 1")));
    base_.write("checkout/packages/a/" + base + "/perf-a-1.json", "{}");
    wipe("packages/a/dist");
    ASSERT_TRUE(*plain.fetch("abcdef0123", a_));
    EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
    ASSERT_TRUE(plain.clear());
    EXPECT_THAT(tree("packages/a/" + base), ElementsAre(Pair("perf-a-1.json", "644 {}")));
  }
}

TEST_F(Backfill, OutputsAreTheTargetsElseTheOptionsElseEverything) {
  write("dist/one.js", "1");
  write("other", "2");
  put(a_);
  a_.outputs.reset();
  put(a_, key('2'));
  CacheOptions options;
  options.output_glob = {{"ot*"}};
  reopen(options);
  put(a_, key('3'));
  a_.outputs = std::vector<std::string>{};
  EXPECT_TRUE(put(a_, key('4')).entry);
  EXPECT_THAT(stored(key('1')), UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/one.js", "644 1")));
  EXPECT_THAT(stored(key('2')), UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/one.js", "644 1"),
                                                     Pair("other", "644 2")));
  EXPECT_THAT(stored(key('3')), ElementsAre(Pair("other", "644 2")));
  EXPECT_THAT(stored(key('4')), IsEmpty());
  EXPECT_TRUE(base_.exists(entry(key('4'))));
}

TEST_F(Backfill, LinksAreStoredAsTheirTextsAndLinkedFoldersAsFolders) {
  write("dist/file", "1");
  write("real/inner", "2", 0600);
  link("dist/to-file", "file");
  link("dist/to-source", "../real/inner");
  link("dist/folder", "../real");
  link("dist/nowhere", "gone");
  ::mkfifo((root_ + "/packages/a/dist/pipe").c_str(), 0600);
  put(a_);
  EXPECT_THAT(stored(),
              UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/file", "644 1"),
                                   Pair("dist/to-file", "link to file"),
                                   Pair("dist/to-source", "link to ../real/inner"),
                                   Pair("dist/folder", "folder"), Pair("dist/folder/inner", "600 2")));
}

TEST_F(Backfill, ALinkComesBackAsACopyIfItsFileIsInTheEntryAndAsALinkOtherwise) {
  write("dist/file", "1", 0755);
  write("src/inner", "2");
  link("dist/to-file", "file");
  link("dist/to-source", "../src/inner");
  link("dist/absolute", "/etc/hostname");
  put(a_);
  wipe("packages/a/dist");
  ASSERT_TRUE(restore());
  EXPECT_THAT(tree("packages/a/dist"), UnorderedElementsAre(Pair("file", "755 1"), Pair("to-file", "755 1"),
                                                            Pair("to-source", "link to ../src/inner"),
                                                            Pair("absolute", "link to /etc/hostname")));
  EXPECT_EQ(restore()->unchanged, 4U);
}

TEST_F(Backfill, OutputsOutsideThePackageAreToldAndNothingIsStored) {
  base_.write("checkout/packages/b/file", "b");
  a_.outputs = {{"dist/**", "../b/file"}};
  write("dist/one.js", "1");
  EXPECT_THAT(put(a_).not_stored_because, HasSubstr("../b/file lies outside of the package"));
  EXPECT_FALSE(base_.exists(entry()));
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(Backfill, LinkedFoldersOutsideTheCheckoutAreNotFollowed) {
  base_.write("elsewhere/secret", "x");
  link("dist", base_ / "elsewhere");
  EXPECT_THAT(put(a_).not_stored_because, HasSubstr("leads out of the checkout"));
  plant("dist/secret", "overwritten");
  EXPECT_EQ(restore_error(), ErrorKind::unsupported);
  EXPECT_EQ(base_.read("elsewhere/secret"), "x");
  // One that stays inside is the user's way to say where outputs lie.
  wipe("packages/a/dist");
  base_.make_dir("checkout/target");
  link("dist", "../../target");
  ASSERT_TRUE(restore());
  EXPECT_EQ(base_.read("checkout/target/secret"), "overwritten");
}

TEST_F(Backfill, RepositoriesTheCacheItselfAndOurTemporaryFilesAreInNoEntry) {
  const Target root_target = [&] {
    Target all = target("#all", std::nullopt);
    all.cwd = root_;
    return all;
  }();
  base_.write("checkout/.git/HEAD", "ref: refs/heads/main");
  base_.write("checkout/out", "1");
  base_.write("checkout/.stillage-1-a-b", "temporary");
  put(a_, key('2'));
  ASSERT_TRUE(put(root_target).entry);
  EXPECT_THAT(stored(), UnorderedElementsAre(Pair("out", "644 1")));
  // Nor is anything restored there.
  plant(".git/HEAD", "ref: refs/heads/evil");
  plant(std::string(kBase).substr(9) + "cache/2222/" + key('2') + "/dist/planted", "x");
  ASSERT_TRUE(*subject_->fetch(key('1'), root_target));
  EXPECT_EQ(base_.read("checkout/.git/HEAD"), "ref: refs/heads/main");
  EXPECT_FALSE(base_.exists(entry(key('2')) + "/dist/planted"));
}

TEST_F(Backfill, RestoreWritesOnlyWhatDiffersAndNeverThroughALink) {
  write("dist/same", "1");
  write("dist/changed", "1");
  write("dist/mode", "1", 0755);
  write("dist/read-only", "1", 0444);
  put(a_);
  const auto before = stats("packages/a/dist")["same"];
  write("dist/changed", "2");
  write("src/mine", "my source");
  wipe("packages/a/dist/mode");
  write("dist/mode", "1", 0644);
  wipe("packages/a/dist/read-only");
  link("dist/read-only", "../src/mine");
  write("dist/stale", "stays");
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->written, 3U);
  EXPECT_EQ(report->unchanged, 1U);
  EXPECT_EQ(report->removed, 0U);
  EXPECT_EQ(stats("packages/a/dist")["same"], before);
  EXPECT_EQ(base_.read("checkout/packages/a/src/mine"), "my source");
  EXPECT_THAT(tree("packages/a/dist"),
              UnorderedElementsAre(Pair("same", "644 1"), Pair("changed", "644 1"), Pair("mode", "755 1"),
                                   Pair("read-only", "444 1"), Pair("stale", "644 stays")));
  const auto all = stats("packages/a");
  EXPECT_EQ(restore()->unchanged, 4U);
  EXPECT_EQ(stats("packages/a"), all);
}

TEST_F(Backfill, SetUserIdIsStoredAndNotRestored) {
  write("dist/tool", "1");
  ASSERT_EQ(::chmod((root_ + "/packages/a/dist/tool").c_str(), 04755), 0);
  put(a_);
  EXPECT_THAT(stored()["dist/tool"], "4755 1");
  EXPECT_EQ(restore()->unchanged, 1U);
  wipe("packages/a/dist");
  ASSERT_TRUE(restore());
  EXPECT_THAT(tree("packages/a/dist")["tool"], "755 1");
}

TEST_F(Backfill, AnOutputThatChangesWhileItIsStoredIsNotStored) {
  const std::string path = root_ + "/packages/a/dist/growing";
  write("dist/growing", std::string(std::size_t{1} << 20, 'x'));
  const std::jthread writer([&](const std::stop_token& stop) {
    std::ofstream file(path, std::ios::app);
    while (!stop.stop_requested()) file << "more" << std::flush;
  });
  PutResult done;
  // Sooner or later one of its writes falls into the time of the copy.
  for (int i = 0; i < 2'000 && done.not_stored_because.empty(); ++i) {
    wipe("node_modules");
    done = put(a_);
  }
  EXPECT_THAT(done.not_stored_because, HasSubstr("dist/growing changed while it was being stored"));
  EXPECT_FALSE(base_.exists(entry()));
}

TEST_F(Backfill, HardLinksAtTheDestinationKeepTheirOtherNames) {
  write("dist/file", "1");
  put(a_);
  write("dist/file", "2");
  std::filesystem::create_hard_link(root_ + "/packages/a/dist/file", base_ / "other-name");
  ASSERT_TRUE(restore());
  EXPECT_EQ(base_.read("other-name"), "2");
}

TEST_F(Backfill, WhatIsInTheWayIsAnErrorThatLeavesEverythingAsItIs) {
  plant("dist/a", "1");
  plant("dist/b/c", "1");
  const auto expect_refusal = [&](const std::string& what) {
    const auto before = stats("packages/a");
    const auto report = restore();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::invalid);
    EXPECT_THAT(report.error().message, HasSubstr(what));
    EXPECT_EQ(stats("packages/a"), before);
    wipe("packages/a/dist");
  };
  write("dist/b", "a file in the place of a folder");
  expect_refusal("packages/a/dist/b is in the way of an output and is not a folder");
  write("dist/a/x", "a folder in the place of a file");
  expect_refusal("packages/a/dist/a is in the way of an output and is a folder");
  base_.make_dir("checkout/packages/a/dist");
  ::mkfifo((root_ + "/packages/a/dist/a").c_str(), 0600);
  expect_refusal("is a device, socket or pipe");
  EXPECT_TRUE(restore());
}

TEST_F(Backfill, AHostileEntryWritesNothingOutsideAndHangsNobody) {
  plant("dist/good", "1");
  base_.symlink(entry() + "/dist/up", "../../../../../../../../etc/passwd");
  base_.symlink(entry() + "/dist/root", "/etc/passwd");
  base_.symlink(entry() + "/dist/loop", "loop");
  base_.symlink(entry() + "/dist/folder", "/etc");
  base_.symlink(entry() + "/dist/top", "..");
  ::mkfifo((base_ / (entry() + "/dist/pipe")).c_str(), 0600);
  plant(".stillage-1-a-b", "not an output");
  ASSERT_TRUE(restore());
  EXPECT_THAT(
      tree("packages/a/dist"),
      UnorderedElementsAre(Pair("good", "644 1"), Pair("up", "link to ../../../../../../../../etc/passwd"),
                           Pair("root", "link to /etc/passwd"), Pair("loop", "link to loop"),
                           Pair("folder", "link to /etc"), Pair("top", "link to ..")));
  // What a link of one entry leads to is no way for the next one.
  plant("dist/folder2", "x");
  ASSERT_TRUE(os::remove_tree(base_ / (entry() + "/dist/folder")));
  plant("dist/folder/planted", "x");
  EXPECT_EQ(restore_error(), ErrorKind::unsupported);
  EXPECT_FALSE(base_.exists("checkout/packages/a/.stillage-1-a-b"));
  EXPECT_EQ(temporary(), 1U) << "that of the entry";
}

TEST_F(Backfill, AnEntryThatIsNoFolderIsAMissAndIsReplacedByAPut) {
  base_.write(entry(), "a file");
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
  write("dist/one.js", "1");
  EXPECT_TRUE(put(a_).entry);
  wipe("node_modules/.cache/lage/cache/1111/" + key('1'));
  base_.symlink(entry(), "..");
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
  EXPECT_TRUE(put(a_).entry);
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(Backfill, DeepEntriesAreRefusedAndCanBeRemoved) {
  plant("file", "1");
  int dir = ::open((base_ / entry()).c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(::mkdirat(dir, "folder-of-a-deep-tree", 0755), 0);
    const int next = ::openat(dir, "folder-of-a-deep-tree", O_RDONLY | O_DIRECTORY);
    ::close(dir);
    dir = next;
  }
  ::close(dir);
  EXPECT_FALSE(subject_->look_up(key('1'), a_));
  write("dist/one.js", "1");
  EXPECT_TRUE(put(a_).entry);
  ASSERT_TRUE(subject_->clear());
  EXPECT_THAT(tree("node_modules/.cache/lage"),
              UnorderedElementsAre(Pair("cache", "folder"), Pair("logs", "folder")));
}

TEST_F(Backfill, APutOverAnEntryReplacesItWhole) {
  write("dist/one.js", "1");
  write("dist/read-only", "1", 0444);
  put(a_);
  wipe("packages/a/dist");
  write("dist/two.js", "2");
  EXPECT_TRUE(put(a_).entry);
  EXPECT_THAT(stored(), UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/two.js", "644 2")));
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(Backfill, APutThatFailsLeavesTheOldEntry) {
  write("dist/one.js", "1");
  put(a_);
  base_.make_dir("elsewhere");
  link("dist/out", base_ / "elsewhere");
  base_.write("elsewhere/x", "x");
  EXPECT_FALSE(put(a_).entry);
  EXPECT_THAT(stored(), UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/one.js", "644 1")));
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(Backfill, OddHashesAndTargetsAreErrors) {
  for (const std::string hash : {"../../../../escape", "a/b", "..", "a b", "\n"}) {
    EXPECT_EQ(subject_->look_up(hash, a_).error().kind, ErrorKind::invalid);
    EXPECT_EQ(subject_->put(hash, a_).error().kind, ErrorKind::invalid);
  }
  EXPECT_FALSE(*subject_->look_up("", a_));
  EXPECT_THAT(subject_->put("", a_)->not_stored_because, HasSubstr("no hash"));
  base_.make_dir("outside");
  a_.cwd = base_ / "outside";
  EXPECT_THAT(subject_->put(key('1'), a_)->not_stored_because, HasSubstr("lies outside of"));
}

TEST_F(Backfill, ModesAndStorageProviders) {
  write("dist/one.js", "1");
  CacheOptions options;
  options.mode = CacheMode::read_only;
  reopen(options);
  EXPECT_TRUE(subject_->is_read_only());
  EXPECT_FALSE(put(a_).entry);
  reopen();
  put(a_);
  for (const CacheMode mode : {CacheMode::write_only, CacheMode::pass}) {
    options.mode = mode;
    reopen(options);
    EXPECT_FALSE(*subject_->look_up(key('1'), a_));
  }
  options = {};
  options.cache_storage_config = CacheStorageConfig{.provider = "azure-blob"};
  reopen(options);
  EXPECT_EQ(subject_->look_up(key('1'), a_).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(subject_->put(key('1'), a_).error().kind, ErrorKind::unsupported);
}

TEST_F(Backfill, LocalSkipRemembersTheLastHashAlone) {
  CacheOptions options;
  options.cache_storage_config = CacheStorageConfig{.provider = "local-skip"};
  reopen(options);
  const std::string one = "1111" + key('a').substr(4);
  const std::string two = "1111" + key('b').substr(4);
  write("dist/one.js", "1");
  EXPECT_FALSE(*subject_->look_up(one, a_));
  EXPECT_TRUE(put(a_, one).entry);
  EXPECT_EQ(base_.read(std::string(kBase) + "cache/1111/skip-cache/hash"), one);
  wipe("packages/a/dist");
  EXPECT_TRUE(*subject_->fetch(one, a_));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/one.js"));
  put(a_, two);
  EXPECT_FALSE(*subject_->look_up(one, a_));
  EXPECT_TRUE(*subject_->look_up(two, a_));
}

TEST_F(Backfill, IncrementalCachingLeavesOutWhatTheRunLeftAsItWas) {
  CacheOptions options;
  options.incremental_caching = true;
  reopen(options);
  write("dist/before", "1");
  write("dist/rewritten", "1");
  write("dist/changed", "1");
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
  write("dist/rewritten", "1");
  write("dist/changed", "2");
  write("dist/new", "3");
  put(a_);
  EXPECT_THAT(stored(), UnorderedElementsAre(Pair("dist", "folder"), Pair("dist/changed", "644 2"),
                                             Pair("dist/new", "644 3")));
  // Over an entry everything is stored: what it held already is not lost.
  put(a_);
  EXPECT_EQ(stored().size(), 5U);
  // Without a look-up nothing is known to be unchanged.
  put(a_, key('2'));
  EXPECT_EQ(stored(key('2')).size(), 5U);
}

TEST_F(Backfill, PurgeGoesByTheTimesOfPrefixFoldersAsLage) {
  const auto age = [&](const std::string& path, int days) {
    const auto then = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * days);
    std::filesystem::last_write_time(base_ / (std::string(kBase) + path), then);
  };
  for (const char digit : {'1', '2', '3'}) put(a_, key(digit));
  base_.write(std::string(kBase) + "cache/stray", "x");
  base_.write(std::string(kBase) + "file_hashes.manifest", "x");
  age("cache/1111", 31);
  age("logs/2222", 31);
  age("cache/3333/" + key('3'), 31);
  age("cache/stray", 31);
  age("file_hashes.manifest", 31);
  ASSERT_TRUE(subject_->purge(30));
  const auto left = tree("node_modules/.cache/lage");
  EXPECT_FALSE(left.contains("cache/1111"));
  EXPECT_TRUE(left.contains("logs/1111"));
  EXPECT_TRUE(left.contains("cache/2222"));
  EXPECT_FALSE(left.contains("logs/2222"));
  EXPECT_TRUE(left.contains("cache/3333/" + key('3')));
  EXPECT_FALSE(left.contains("cache/stray"));
  EXPECT_TRUE(left.contains("file_hashes.manifest"));
  ASSERT_TRUE(subject_->clear());
  EXPECT_THAT(tree("node_modules/.cache/lage"),
              UnorderedElementsAre(Pair("cache", "folder"), Pair("logs", "folder"),
                                   Pair("file_hashes.manifest", "644 x")));
}

TEST_F(Backfill, PurgeLeavesWhatIsInUseAndClearSaysSo) {
  write("dist/one.js", "1");
  put(a_);
  const std::string group = base_ / (std::string(kBase) + "cache/1111");
  {
    const auto lock = os::FileLock::acquire_folder(group, os::LockMode::shared);
    ASSERT_TRUE(lock);
    std::filesystem::last_write_time(
        group, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 31));
    ASSERT_TRUE(subject_->purge(30));
    EXPECT_TRUE(base_.exists(entry()));
    EXPECT_THAT(subject_->clear().error().message, HasSubstr("another process is using it"));
    // Nor does a put take away what is being read; it goes with the next one.
    put(a_);
    EXPECT_EQ(temporary(), 1U);
  }
  put(a_);
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(Backfill, WhatCrashedWritersLeftIsSweptOnceItIsOld) {
  const auto make = [&](const std::string& name) {
    base_.write(std::string(kBase) + name + "/dist/one.js", "1");
    return base_ / (std::string(kBase) + name);
  };
  make(".stillage-1-a-b");
  ASSERT_TRUE(subject_->purge(30));
  EXPECT_TRUE(base_.exists(std::string(kBase) + ".stillage-1-a-b")) << "it may be about to be locked";
  base_.write("checkout/packages/a/dist/.stillage-999999999-a-b", "left by a restore");
  plant("dist/one.js", "1");
  ASSERT_TRUE(restore());
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/.stillage-999999999-a-b"));
}

TEST_F(Backfill, AHitWhoseEntryWentIsDamagedNotRestored) {
  plant("dist/one.js", "1");
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  ASSERT_TRUE(subject_->clear());
  const auto report = (*hit)->restore();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::corrupt);
}

TEST_F(Backfill, LogsThatAreNoFilesHangNobody) {
  plant("dist/one.js", "1");
  base_.make_dir(log_of().substr(0, log_of().rfind('/')));
  ::mkfifo((base_ / log_of()).c_str(), 0600);
  EXPECT_THAT(*(*subject_->look_up(key('1'), a_))->log(), IsEmpty());
  write("dist/one.js", "1");
  EXPECT_TRUE(put(a_).entry);
  EXPECT_EQ(base_.read(log_of()), "\n");
}

}  // namespace
}  // namespace stillage::test
