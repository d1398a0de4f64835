// SPDX-License-Identifier: MIT
// Where a restore writes, and where never.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "archive/entry_writer.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "unit/archive/entry_builder.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using ::testing::HasSubstr;

class Restoring : public CacheTest {
 protected:
  Restoring() { open(); }
  void write(const std::string& name, const std::string& content) {
    base_.write("checkout/packages/a/" + name, content);
  }
  void store(const std::string& hash, const std::function<void()>& work) {
    const auto stored = run(a_, hash, work);
    ASSERT_TRUE(stored.entry) << stored.not_stored_because;
  }
  Result<RestoreReport> try_restore(const std::string& hash) {
    auto hit = provider_->look_up(hash, a_);
    if (!hit || !*hit) return fail(ErrorKind::invalid, "a miss");
    return (*hit)->restore();
  }
  Target a_ = target("a#build");
};

TEST_F(Restoring, AFolderLinkOfTheUserIsFollowedInsideTheCheckout) {
  base_.make_dir("checkout/elsewhere");
  base_.symlink("checkout/packages/a/dist", "../../elsewhere");
  store(key('1'), [&] { write("dist/sub/one.js", "1"); });
  EXPECT_EQ(base_.read("checkout/elsewhere/sub/one.js"), "1");
  ASSERT_TRUE(os::remove_tree(base_ / "checkout/elsewhere/sub"));
  open();
  restore(a_, key('1'));
  EXPECT_EQ(base_.read("checkout/elsewhere/sub/one.js"), "1");
  struct stat st;
  ASSERT_EQ(::lstat((root_ + "/packages/a/dist").c_str(), &st), 0);
  EXPECT_TRUE(S_ISLNK(st.st_mode));
  // And what git knows there is safe.
  tree_->tracked_.insert("elsewhere/tracked");
  base_.write("checkout/elsewhere/tracked", "t");
  restore(a_, key('1'));
  EXPECT_TRUE(base_.exists("checkout/elsewhere/tracked"));
}

TEST_F(Restoring, AFolderLinkThatLeadsOutIsRefused) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  wipe("packages/a/dist");
  base_.write("outside/one.js", "theirs");
  base_.symlink("checkout/packages/a/dist", "../../../outside");
  open();
  const auto restored = try_restore(key('1'));
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(base_.read("outside/one.js"), "theirs");
  EXPECT_EQ(told_of("leads out of the checkout"), 1U);

  // The run goes on, and is not stored.
  const auto stored = run(a_, key('2'), [&] { base_.write("outside/two.js", "2"); });
  EXPECT_THAT(stored.not_stored_because, HasSubstr("leads out of the checkout"));
  EXPECT_EQ(base_.read("outside/one.js"), "theirs");
}

TEST_F(Restoring, ALinkThatARunMadeIsAnOutputAndNoWay) {
  base_.write("outside/one.js", "theirs");
  store(key('1'), [&] { base_.symlink("checkout/packages/a/dist/sub", base_ / "outside"); });
  store(key('2'), [&] { write("dist/sub/one.js", "2"); });
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist").at("sub"), "link to " + (base_ / "outside"));
  restore(a_, key('2'));
  EXPECT_EQ(tree("packages/a/dist").at("sub"), "folder");
  EXPECT_EQ(base_.read("outside/one.js"), "theirs");
}

TEST_F(Restoring, FilesReplaceLinksAndNeverWriteThroughThem) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  base_.write("outside", "theirs");
  wipe("packages/a/dist/one.js");
  base_.symlink("checkout/packages/a/dist/one.js", base_ / "outside");
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist").at("one.js"), "644 1");
  EXPECT_EQ(base_.read("outside"), "theirs");
}

TEST_F(Restoring, HardLinkedFilesAreReplacedNotChanged) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/one.js", "edited");
  ASSERT_EQ(::link((root_ + "/packages/a/dist/one.js").c_str(), (base_ / "other-name").c_str()), 0);
  restore(a_, key('1'));
  EXPECT_EQ(base_.read("other-name"), "edited");
}

TEST_F(Restoring, AFolderWhereAFileShouldBeGoesOnlyIfAllInItMay) {
  store(key('1'), [&] { write("dist/x", "1"); });
  wipe("packages/a/dist/x");
  write("dist/x/deep/ignored.js", "i");
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist").at("x"), "644 1");

  wipe("packages/a/dist/x");
  write("dist/x/deep/ignored.js", "i");
  write("dist/x/deep/tracked.js", "t");
  tree_->tracked_.insert("packages/a/dist/x/deep/tracked.js");
  const auto before = stats("packages/a");
  const auto restored = try_restore(key('1'));
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().message, HasSubstr("dist/x/deep/tracked.js"));
  EXPECT_EQ(stats("packages/a"), before);
}

TEST_F(Restoring, AFileWhereAFolderShouldBeGoesOnlyIfItMay) {
  store(key('1'), [&] { write("dist/x/one.js", "1"); });
  wipe("packages/a/dist/x");
  write("dist/x", "ignored");
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist").at("x/one.js"), "644 1");

  wipe("packages/a/dist");
  write("dist", "tracked");
  tree_->tracked_.insert("packages/a/dist");
  const auto restored = try_restore(key('1'));
  ASSERT_FALSE(restored);
  EXPECT_EQ(base_.read("checkout/packages/a/dist"), "tracked");
}

TEST_F(Restoring, AFileOfTheUsersIsNotOverwritten) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  close();
  ASSERT_TRUE(os::remove_tree(state_folder_ + "/snapshots"));
  tree_->ignored_names_.clear();
  open();
  write("dist/one.js", "by hand");
  const auto restored = try_restore(key('1'));
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().message, HasSubstr("dist/one.js"));
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "by hand");
}

TEST_F(Restoring, AFolderThatIsMissingAppearsAtOnce) {
  store(key('1'), [&] {
    for (int i = 0; i < 500; ++i) write("dist/deep/" + std::to_string(i), std::to_string(i));
  });
  const auto want = tree("packages/a/dist");
  for (int round = 0; round < 5; ++round) {
    wipe("packages/a/dist");
    std::atomic<bool> done = false;
    std::size_t partial = 0;
    std::thread watcher([&] {
      while (!done) {
        const auto seen = tree("packages/a/dist");
        if (!seen.empty() && seen.size() != want.size()) ++partial;
      }
    });
    restore(a_, key('1'));
    done = true;
    watcher.join();
    EXPECT_EQ(partial, 0U);
    EXPECT_EQ(tree("packages/a/dist"), want);
  }
}

TEST_F(Restoring, AFolderThatIsMissingComesWholeWithLinksModesAndEmptyFolders) {
  std::string deep = "dist";
  for (int i = 0; i < 100; ++i) deep += "/d";  // more levels than are kept open
  store(key('1'), [&] {
    for (int i = 0; i < 700; ++i) write("dist/" + std::to_string(i % 7) + "/" + std::to_string(i), "x");
    write("dist/0/run", "1");
    ::chmod((root_ + "/packages/a/dist/0/run").c_str(), 0751);
    write("dist/large", std::string(3'000'000, 'l'));
    write("dist/empty", "");
    write(deep + "/one", "1");
    write(deep + "/two", "2");
    base_.symlink("checkout/packages/a/dist/0/link", "run");
    base_.make_dir("checkout/packages/a/dist/hollow");
    base_.make_dir("checkout/packages/a/dist/closed");
    write("dist/closed/one", "1");
    ::chmod((root_ + "/packages/a/dist/closed").c_str(), 0555);
  });
  const auto want = tree("packages/a/dist");
  ::chmod((root_ + "/packages/a/dist/closed").c_str(), 0755);
  wipe("packages/a/dist");
  open();
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist"), want);
  // And is known as it is now: nothing is done again, and a change of anything is seen.
  usleep(50'000);
  const auto before = stats("packages/a/dist");
  EXPECT_EQ(restore(a_, key('1')).written, 0U);
  open();
  EXPECT_EQ(restore(a_, key('1')).written, 0U);
  EXPECT_EQ(stats("packages/a/dist"), before);
  write("dist/0/7", "y");
  write("dist/hollow/stale", "s");
  open();
  const RestoreReport report = restore(a_, key('1'));
  EXPECT_EQ(report.written, 1U);
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(tree("packages/a/dist"), want);
  ::chmod((root_ + "/packages/a/dist/closed").c_str(), 0755);
}

TEST_F(Restoring, AnEntryThatTurnsOutDamagedHalfWayLeavesNothing) {
  // A right digest at the end of the entry, and a wrong one of its last file.
  std::vector<archive::Output> outputs;
  std::map<std::string, std::string> contents;
  for (int i = 0; i < 2'000; ++i) {
    const std::string path = "dist/" + std::to_string(i);
    outputs.push_back(archive::test::file_output(path, path));
    contents[path] = path;
  }
  std::sort(outputs.begin(), outputs.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  contents[outputs.back().path] = "dist/xxx";
  archive::Manifest manifest = archive::test::manifest_of(outputs);
  manifest.key = key('1');
  manifest.target = a_.id;
  base_.write("forged", archive::test::entry_of(manifest, archive::test::files_tar(outputs, contents)));
  ASSERT_TRUE(provider_->put_archive(key('1'), a_, base_ / "forged"));
  const auto before = tree("packages/a");
  const auto restored = try_restore(key('1'));
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(tree("packages/a"), before);
}

TEST_F(Restoring, NothingIsWrittenOutsideHoweverLinksAreSwapped) {
  store(key('1'), [&] {
    for (int i = 0; i < 200; ++i) write("dist/deep/" + std::to_string(i), std::to_string(i));
  });
  base_.make_dir("outside");
  base_.make_dir("checkout/src-of-the-user");
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    const std::string deep = root_ + "/packages/a/dist/deep";
    const std::string aside = root_ + "/packages/a/aside";
    for (int i = 0; !done; ++i) {
      const std::string to = i % 2 == 0 ? base_ / "outside" : root_ + "/src-of-the-user";
      if (::rename(deep.c_str(), aside.c_str()) != 0) continue;
      if (::symlink(to.c_str(), deep.c_str()) == 0) {
        usleep(100);
        ::unlink(deep.c_str());
      }
      ::rename(aside.c_str(), deep.c_str());
    }
  });
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 200; i += 3) ::unlink((root_ + "/packages/a/dist/deep/" + std::to_string(i)).c_str());
    (void)try_restore(key('1'));  // may fail; may not write elsewhere
  }
  done = true;
  swapper.join();
  EXPECT_TRUE(os::list_dir(base_ / "outside")->empty());
  EXPECT_TRUE(os::list_dir(root_ + "/src-of-the-user")->empty());
}

TEST_F(Restoring, ModesAreExactWhateverTheUmask) {
  store(key('1'), [&] {
    write("dist/plain", "1");
    write("dist/run", "1");
    write("dist/odd", "1");
    ::chmod((root_ + "/packages/a/dist/run").c_str(), 0775);
    ::chmod((root_ + "/packages/a/dist/odd").c_str(), 0606);
    base_.make_dir("checkout/packages/a/dist/private/x");
    ::chmod((root_ + "/packages/a/dist/private").c_str(), 0711);
    ::chmod((root_ + "/packages/a/dist/private/x").c_str(), 0750);
  });
  const auto want = tree("packages/a/dist");
  wipe("packages/a/dist");
  const auto old = ::umask(077);
  restore(a_, key('1'));
  ::umask(old);
  EXPECT_EQ(tree("packages/a/dist"), want);
  struct stat st;
  ::stat((root_ + "/packages/a/dist/private").c_str(), &st);
  EXPECT_EQ(st.st_mode & 07777, 0711U);
  ::stat((root_ + "/packages/a/dist/private/x").c_str(), &st);
  EXPECT_EQ(st.st_mode & 07777, 0750U);
}

TEST_F(Restoring, TemporaryFilesOfTheDeadAreSweptAndThoseOfTheLivingStay) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/.stillage-999999999-1-1", "dead");
  write(".stillage-999999999-1-2/dist/x", "dead");
  const std::string living = ".stillage-" + std::to_string(::getppid()) + "-1-1";
  write("dist/" + living, "living");
  write("dist/one.js", "edited");
  restore(a_, key('1'));
  EXPECT_EQ(tree("packages/a/dist"),
            (std::map<std::string, std::string>{{"one.js", "644 1"}, {living, "644 living"}}));
  EXPECT_FALSE(base_.exists("checkout/packages/a/.stillage-999999999-1-2"));
}

TEST_F(Restoring, ARestoreThatWasCutOffIsMended) {
  store(key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/two.js", "2");
  });
  store(key('2'), [&] {
    write("dist/one.js", "one");
    write("dist/three.js", "3");
  });
  // An entry whose last file is damaged, with right digests around it: it is noticed half way.
  const auto want = tree("packages/a/dist");
  base_.make_dir("checkout/packages/a/dist/two.js");
  write("dist/two.js/mine", "in the way");
  tree_->tracked_.insert("packages/a/dist/two.js/mine");
  ASSERT_FALSE(try_restore(key('1')));
  wipe("packages/a/dist/two.js");
  restore(a_, key('2'));
  EXPECT_EQ(tree("packages/a/dist"), want);
}

TEST_F(Restoring, AnEntryWithOtherPathsThanTheTargetsOutputsIsAMiss) {
  // Right digests, and made by hand to write into the sources.
  base_.write("forged/index.ts", "evil");
  const auto dir = os::open_path(base_ / "forged", O_RDONLY | O_DIRECTORY);
  for (const std::string path : {"src/index.ts", "package.json", "node_modules/x/index.js"}) {
    auto writer = archive::EntryWriter::create(base_.path(), "", 1);
    ASSERT_TRUE(writer->add_file(dir->get(), "index.ts", path));
    archive::Manifest manifest;
    manifest.key = key('7');
    manifest.target = a_.id;
    const auto finished = writer->finish(manifest, os::Durability::rename_only);
    ASSERT_TRUE(finished);
    (void)provider_->put_archive(key('7'), a_, finished->path);
    EXPECT_FALSE(hits(a_, key('7'))) << path;
    ASSERT_TRUE(provider_->clear());
  }
  // Undeclared outputs are what git ignores: a tracked file below lib is not.
  Target undeclared = target("a#undeclared", std::nullopt);
  tree_->tracked_.insert("packages/a/lib/index.ts");
  auto writer = archive::EntryWriter::create(base_.path(), "", 1);
  ASSERT_TRUE(writer->add_file(dir->get(), "index.ts", "lib/index.ts"));
  archive::Manifest manifest;
  manifest.key = key('7');
  manifest.target = undeclared.id;
  const auto finished = writer->finish(manifest, os::Durability::rename_only);
  (void)provider_->put_archive(key('7'), undeclared, finished->path);
  EXPECT_FALSE(hits(undeclared, key('7')));
}

TEST_F(Restoring, AnEntryThatIsGoneIsReportedAndNothingChanges) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  wipe("packages/a/dist");
  const auto hit = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  ASSERT_TRUE(store_->clear());
  const auto restored = (*hit)->restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_F(Restoring, AnEntryThatHadToBeReadIsHeldOpen) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  wipe("packages/a/dist");
  close();
  ASSERT_TRUE(os::remove_tree(state_folder_ + "/snapshots"));
  open({a_});
  const auto hit = provider_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  // Eviction does not matter any more.
  ASSERT_TRUE(store_->clear());
  EXPECT_TRUE((*hit)->restore());
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
}

}  // namespace
}  // namespace stillage::test
