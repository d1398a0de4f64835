// SPDX-License-Identifier: MIT
// The listing against real git, on real repositories of every shape.
#include "git/listing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <set>

#include "git_repo.h"
#include "os/file.h"
#include "os/thread_pool.h"

namespace stillage::git {
namespace {

using os::FileKind;
using test::clean_ids;
using test::expect_as_git;
using test::GitRepo;
using test::TempDir;

/// A repository with a bit of everything usual, committed and settled.
struct UsualRepo : GitRepo {
  explicit UsualRepo(const std::vector<std::string>& init_options = {}) : GitRepo(init_options) {
    write(".gitignore", "node_modules/\n*.log\n/build\n!keep.log\n");
    write("package.json", "{}");
    write("packages/a/.gitignore", "lib\n!/lib/kept.ts\n*.tmp\n");
    write("packages/a/src/index.ts", "export {};\n");
    write("packages/a/run.sh", "#!/bin/sh\n", 0755);
    write("packages/b/index.js", "1\n");
    write("packages/b-c/index.js", "2\n");
    write("packages/b.json", "3\n");
    write("empty", "");
    symlink("link", "packages/a");
    symlink("dangling", "nowhere");
    commit_all();
    write("packages/a/lib/out.js", "x");
    write("packages/a/src/new.ts", "x");
    write("packages/a/x.tmp", "x");
    write("node_modules/dep/index.js", "x");
    write("packages/b/node_modules/dep/index.js", "x");
    write("debug.log", "x");
    write("keep.log", "x");
    write("build/x", "x");
    write("packages/b/build/x", "x");
    write(".stillage-17-0-aa", "ours");
    ::unlink((*this / ".stillage-17-0-aa").c_str());
  }
};

TEST(Listing, UsualRepository) {
  const UsualRepo repo;
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.has_git());
  EXPECT_EQ(clean_ids(listing), 11U);
  EXPECT_TRUE(listing.find("packages/a/run.sh")->stat.is_executable());
  EXPECT_EQ(listing.find("packages/a"), nullptr);
  EXPECT_TRUE(listing.is_ignored("packages/a/lib/out.js", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("build/deep/er/x", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("packages/new/node_modules", FileKind::directory));
  EXPECT_FALSE(listing.is_ignored("packages/new/node_modules", FileKind::regular));
  EXPECT_FALSE(listing.is_ignored("packages/b/build/y", FileKind::regular));
  EXPECT_FALSE(listing.is_ignored(".git/config", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("packages/.stillage-1-2-3", FileKind::regular));
}

TEST(Listing, TellsWhatIsTrackedBeneathAPath) {
  const UsualRepo repo;
  ASSERT_EQ(::unlink((repo / "packages/b/index.js").c_str()), 0);
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  using Paths = std::vector<std::string>;
  EXPECT_EQ(listing->tracked_at("packages/b"), Paths{"packages/b/index.js"});
  EXPECT_EQ(listing->tracked_at("packages/b.json"), Paths{"packages/b.json"});
  EXPECT_EQ(listing->tracked_at("packages/a/src"), Paths{"packages/a/src/index.ts"});
  EXPECT_EQ(listing->tracked_at("build"), Paths{});
  EXPECT_EQ(listing->tracked_at("").size(), 11U);
}

TEST(Listing, OwnTemporaryNamesAreNeverListed) {
  const UsualRepo repo;
  repo.write("packages/a/.stillage-1-2-3", "x");
  repo.write("packages/.stillage-1-2-4/x", "x");
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  for (const ListedFile& file : listing->files()) EXPECT_EQ(file.path.find(".stillage-"), std::string::npos);
}

TEST(Listing, WorkspaceBelowTheTopOfTheRepository) {
  const UsualRepo repo;
  repo.write(".gitattributes", "*.ts text\n");
  const Listing listing = expect_as_git(repo / "packages/a");
  EXPECT_TRUE(listing.has_git());
  EXPECT_NE(listing.find("src/index.ts"), nullptr);
  EXPECT_FALSE(listing.find("src/index.ts")->clean_id);
  EXPECT_TRUE(listing.find("run.sh")->clean_id);
  EXPECT_TRUE(listing.is_ignored("x.log", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("node_modules", FileKind::directory));
  EXPECT_EQ(listing.find("../b/index.js"), nullptr);
}

TEST(Listing, WorkspaceThatTheRepositoryIgnoresCountsAsWithoutGit) {
  const UsualRepo repo;
  repo.write("build/ws/package.json", "{}");
  repo.write("build/ws/node_modules/x/y", "");
  const auto listing = list_files(repo / "build/ws");
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->has_git());
  ASSERT_EQ(listing->files().size(), 1U);
  EXPECT_EQ(listing->files()[0].path, "package.json");
}

TEST(Listing, TrackedFileInAnIgnoredFolder) {
  const UsualRepo repo;
  repo.git({"add", "-f", "packages/a/lib/out.js", "build/x"});
  repo.write("packages/a/lib/other.js", "x");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.is_tracked("build/x"));
  EXPECT_FALSE(listing.is_ignored("build/x", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("build/y", FileKind::regular));
}

TEST(Listing, EmptyRepositoryWithoutCommits) {
  const GitRepo repo;
  EXPECT_TRUE(expect_as_git(repo.path()).files().empty());
  repo.write("a", "x");
  EXPECT_EQ(expect_as_git(repo.path()).files().size(), 1U);
  repo.git({"add", "a"});
  EXPECT_TRUE(expect_as_git(repo.path()).find("a")->tracked);
}

TEST(Listing, IndexVersion4AndChecksumsLeftOut) {
  const UsualRepo repo;
  repo.git({"update-index", "--index-version", "4"});
  EXPECT_EQ(clean_ids(expect_as_git(repo.path())), 11U);
  // index.skipHash of younger gits: zeros in place of the digest.
  std::string index = repo.read(".git/index");
  index.replace(index.size() - 20, 20, 20, '\0');
  repo.write(".git/index", index);
  EXPECT_EQ(clean_ids(expect_as_git(repo.path())), 11U);
}

TEST(Listing, DamagedIndexIsAnError) {
  const UsualRepo repo;
  std::string index = repo.read(".git/index");
  index[60] ^= 1;
  repo.write(".git/index", index);
  EXPECT_FALSE(list_files(repo.path()));
  repo.write(".git/index", index.substr(0, index.size() / 2));  // of this one git itself would list a half
  const auto cut = list_files(repo.path());
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message.find(".git/index"), std::string::npos);
}

TEST(Listing, SplitIndex) {
  const UsualRepo repo;
  repo.git({"update-index", "--split-index"});
  repo.write("packages/b/more.js", "x");
  repo.git({"add", "packages/b/more.js"});
  EXPECT_TRUE(expect_as_git(repo.path()).find("packages/b/more.js")->tracked);
}

TEST(Listing, SparseCheckoutAndSparseIndex) {
  const UsualRepo repo;
  repo.write("packages/b/.gitignore", "hidden\n");
  repo.commit_all();
  repo.git({"sparse-checkout", "set", "--cone", "packages/a"});
  EXPECT_NE(expect_as_git(repo.path()).find("packages/a/src/index.ts"), nullptr);
  repo.git({"sparse-checkout", "set", "--cone", "--sparse-index", "packages/a"});
  EXPECT_NE(expect_as_git(repo.path()).find("packages/a/src/index.ts"), nullptr);
  // What appears outside of the checked out part counts, and so do the rules that lie only in the index.
  repo.git({"sparse-checkout", "set", "--cone", "--no-sparse-index", "packages/a"});
  repo.write("packages/b/hidden", "x");
  repo.write("packages/b/index.js", "edited");
  repo.write("packages/b/fresh", "x");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_NE(listing.find("packages/b/index.js"), nullptr);
  EXPECT_NE(listing.find("packages/b/fresh"), nullptr);
  EXPECT_EQ(listing.find("packages/b/hidden"), nullptr);
  EXPECT_TRUE(listing.is_tracked("packages/b-c/index.js"));
}

TEST(Listing, LinkedWorkTree) {
  const UsualRepo repo;
  const TempDir elsewhere;
  repo.git({"worktree", "add", "-q", elsewhere / "wt"});
  ASSERT_TRUE(os::write_file_atomic(repo / ".git/info/exclude", "excluded\n"));
  elsewhere.write("wt/excluded", "x");
  elsewhere.write("wt/fresh", "x");
  test::settle(elsewhere / "wt");
  const Listing listing = expect_as_git(elsewhere / "wt");
  EXPECT_TRUE(listing.has_git());
  EXPECT_EQ(clean_ids(listing), 11U);
  EXPECT_EQ(listing.find("excluded"), nullptr);
}

TEST(Listing, WorkTreeWhoseRepositoryIsGone) {
  const TempDir dir;
  dir.write(".git", "gitdir: /nonexistent/worktrees/x\n");
  dir.write("a", "");
  const auto listing = list_files(dir.path());
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->has_git());
  EXPECT_EQ(listing->files().size(), 1U);
}

TEST(Listing, SubmodulesThroughTheirOwnIndex) {
  const UsualRepo inner;
  const UsualRepo repo;
  repo.git({"submodule", "--quiet", "add", inner.path(), "vendor/inner"});
  repo.commit_all();
  test::settle(repo / "vendor/inner");
  repo.write("vendor/inner/debug.log", "ignored in there");
  repo.write("vendor/inner/fresh", "x");
  Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.find("vendor/inner/packages/a/src/index.ts")->clean_id);
  EXPECT_FALSE(listing.find("vendor/inner/fresh")->tracked);
  EXPECT_TRUE(listing.is_ignored("vendor/inner/debug.log", FileKind::regular));
  EXPECT_TRUE(listing.is_tracked("vendor/inner/packages/a/src/index.ts"));
  // Ignored by the outer repository, but registered there.
  repo.write(".gitignore", "vendor\n");
  listing = expect_as_git(repo.path());
  EXPECT_NE(listing.find("vendor/inner/packages/a/src/index.ts"), nullptr);
  // A workspace inside of it.
  EXPECT_NE(expect_as_git(repo / "vendor/inner").find("fresh"), nullptr);
  // Not checked out: nothing but an empty folder.
  repo.git({"submodule", "--quiet", "deinit", "-f", "vendor/inner"});
  EXPECT_EQ(expect_as_git(repo.path()).find("vendor/inner/fresh"), nullptr);
}

TEST(Listing, UntrackedNestedRepository) {
  const UsualRepo repo;
  repo.make_dir("packages/nested");
  test::git(repo / "packages/nested", {"init", "-q"});
  repo.write("packages/nested/.gitignore", "secret\n");
  repo.write("packages/nested/secret", "x");
  repo.write("packages/nested/debug.log", "the outer rules do not hold here");
  repo.write("packages/nested/deep/file", "x");
  test::git(repo / "packages/nested", {"add", "deep"});
  repo.make_dir("node_modules/dep2");
  test::git(repo / "node_modules/dep2", {"init", "-q"});
  repo.write("node_modules/dep2/x", "x");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.find("packages/nested/deep/file")->tracked);
  EXPECT_NE(listing.find("packages/nested/debug.log"), nullptr);
  EXPECT_EQ(listing.find("packages/nested/secret"), nullptr);
  EXPECT_TRUE(listing.is_ignored("packages/nested/secret", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("packages/nested", FileKind::directory) == false);
}

TEST(Listing, Sha256Repository) {
  const UsualRepo repo({"--object-format=sha256"});
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.find("package.json")->tracked);
  EXPECT_EQ(clean_ids(listing), 0U);
}

TEST(Listing, WithoutGitAPlainWalkWithIgnoreFiles) {
  const TempDir dir;
  dir.write(".gitignore", "lib/\n");
  dir.write("a/.gitignore", "*.log\n!x.log\n");
  for (const char* name :
       {"a/x.log", "a/y.log", "a/lib/z", "node_modules/d/x", "a/node_modules/d/x", "b/c/d.ts"})
    dir.write(name, "x");
  dir.symlink("b/link", "../a");
  const auto listing = list_files(dir.path());
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->has_git());
  std::vector<std::string> paths;
  for (const ListedFile& file : listing->files()) {
    paths.push_back(file.path);
    EXPECT_FALSE(file.tracked || file.clean_id);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{".gitignore", "a/.gitignore", "a/x.log", "b/c/d.ts", "b/link"}));
  EXPECT_TRUE(listing->is_ignored("a/y.log", FileKind::regular));
  EXPECT_TRUE(listing->is_ignored("b/node_modules/x", FileKind::regular));
  EXPECT_TRUE(listing->is_ignored("new/lib/x", FileKind::regular));
  EXPECT_FALSE(listing->is_ignored("new/x", FileKind::regular));
}

TEST(Listing, FilesThatBecameFoldersAndTheOtherWayRound) {
  const UsualRepo repo;
  ASSERT_TRUE(os::remove_tree(repo / "packages/b"));
  repo.write("packages/b", "now a file");
  ASSERT_TRUE(os::remove_tree(repo / "package.json"));
  repo.write("package.json/file", "now in a folder");
  ASSERT_TRUE(os::remove_tree(repo / "packages/a/src"));
  repo.symlink("packages/a/src", "../b-c");
  ASSERT_TRUE(os::remove_tree(repo / "link"));
  repo.write("link", "now a file");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_FALSE(listing.find("link")->clean_id);
  EXPECT_EQ(listing.find("packages/a/src/index.ts"), nullptr);
  EXPECT_TRUE(listing.is_tracked("packages/a/src/index.ts"));
}

TEST(Listing, RenamesAndDeletions) {
  const UsualRepo repo;
  repo.git({"mv", "packages/b", "packages/renamed"});
  ASSERT_TRUE(os::remove_tree(repo / "packages/b-c"));
  ASSERT_TRUE(os::remove_tree(repo / "empty"));
  const Listing listing = expect_as_git(repo.path());
  EXPECT_TRUE(listing.find("packages/renamed/index.js")->tracked);
  EXPECT_TRUE(listing.is_tracked("empty"));
  EXPECT_FALSE(listing.is_tracked("packages/b/index.js"));
}

TEST(Listing, MergeConflictsAreListedOnceAndWithoutAnId) {
  const UsualRepo repo;
  repo.git({"checkout", "-q", "-b", "other"});
  repo.write("package.json", "other\n");
  repo.write("both", "other\n");
  repo.commit_all();
  repo.git({"checkout", "-q", "main"});
  repo.write("package.json", "mine\n");
  repo.write("both", "mine\n");
  repo.commit_all();
  test::run(repo.path(), {"git", "merge", "-q", "other"});
  ASSERT_NE(repo.git({"ls-files", "-u"}), "");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_FALSE(listing.find("package.json")->clean_id);
  EXPECT_TRUE(listing.find("both")->tracked);
}

TEST(Listing, OddNames) {
  const GitRepo repo;
  const std::vector<std::string> names{"new\nline",   "quo\"te",      "tab\there", " lead",  "trail ",
                                       "back\\slash", "\xff\xfe.bin", "\xc3\xa4",  "-dash",  "a b/c d",
                                       "!bang",       "#hash",        "*star",     "[set]",  "~",
                                       ":colon",      "x/.gitx",      "..dots",    ".git2/x"};
  for (const std::string& name : names) repo.write(name, name);
  repo.commit_all();
  for (const std::string& name : names) repo.write(name + "!new", name);
  repo.write(".gitignore", "trail\\ !new\n\\!bang!new\n\\#hash!new\n\\[set]!new\n\\*star!new\nquo\"te!*  \n");
  const Listing listing = expect_as_git(repo.path());
  EXPECT_EQ(clean_ids(listing), names.size());
  EXPECT_TRUE(listing.is_ignored("trail !new", FileKind::regular));
}

TEST(Listing, RepositoryOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const UsualRepo repo;
  repo.write(".git/info/exclude", "excluded\n");
  repo.write("excluded", "");
  test::run(repo.path(), {"chown", "-hR", "12345", "."});
  const auto listing = list_files(repo.path());  // git itself calls this dubious ownership and refuses
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->has_git());
  EXPECT_TRUE(listing->find("packages/b/index.js")->tracked);
  EXPECT_EQ(listing->find("excluded"), nullptr);
}

TEST(Listing, WithoutTheGitProgram) {
  const UsualRepo repo;
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  const auto plain = list_files(repo.path());
  ::setenv("PATH", path.c_str(), 1);
  repo.git({"update-index", "--split-index"});
  ::setenv("PATH", "/nonexistent", 1);
  const auto split = list_files(repo.path());
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(plain);
  EXPECT_EQ(clean_ids(*plain), 11U);
  ASSERT_FALSE(split);
  EXPECT_NE(split.error().message.find("cannot start git"), std::string::npos) << split.error().message;
}

TEST(Listing, PathsThatNobodyShouldAskAbout) {
  const UsualRepo repo;
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  for (const char* path : {"", "/", "/abs/x", "a//b", "packages/", "../x", "x/", "//", "packages/a/../b"}) {
    EXPECT_FALSE(listing->is_ignored(path, FileKind::regular)) << path;
    EXPECT_FALSE(listing->is_tracked(path)) << path;
  }
}

TEST(Listing, OneListingForManyThreads) {
  const UsualRepo repo;
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  repo.write("packages/b/dist/.gitignore", "x*\n");
  std::atomic<int> ignored = 0;
  os::parallel_for(4000, 1, [&](std::size_t i) {
    const std::string number = std::to_string(i % 7);
    if (listing->is_ignored("packages/a/lib/" + number, FileKind::regular)) ++ignored;
    if (listing->is_ignored("packages/b/dist/" + number + "/x", FileKind::regular)) ++ignored;
    if (listing->is_ignored("packages/b/dist/" + number + "/y", FileKind::regular)) ++ignored;
  });
  EXPECT_EQ(ignored, 8000);
}

TEST(Listing, UnreadableFolderIsPassedOver) {
  const UsualRepo repo;
  repo.write("locked/x", "x");
  ::chmod(repo.path().c_str(), 0755);
  ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  // Root reads everything, so it becomes somebody else for a moment.
  const bool root = ::geteuid() == 0;
  ::chmod((repo / "locked").c_str(), root ? 0700 : 0);
  ASSERT_TRUE(!root || ::seteuid(12345) == 0);
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  ::chmod((repo / "locked").c_str(), 0755);
  ::unsetenv("GIT_CONFIG_GLOBAL");
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_NE(listing->find("keep.log"), nullptr);
  EXPECT_EQ(listing->find("locked/x"), nullptr);
}

TEST(Listing, FifosAreNoFiles) {
  const UsualRepo repo;
  ASSERT_EQ(::mkfifo((repo / "packages/pipe").c_str(), 0644), 0);
  ASSERT_TRUE(os::remove_tree(repo / "empty"));
  ASSERT_EQ(::mkfifo((repo / "empty").c_str(), 0644), 0);
  const Listing listing = expect_as_git(repo.path());
  EXPECT_EQ(listing.find("packages/pipe"), nullptr);
  EXPECT_EQ(listing.find("empty"), nullptr);
}

TEST(Listing, KnowsTheNamesInFoldersForAsLongAsTheyAreUnchanged) {
  const UsualRepo repo;
  const TempDir state;
  const auto names_in = [&](const Listing& listing, const std::string& folder) {
    std::set<std::string> names;
    const auto stat = os::stat_path(repo / folder);
    if (const KnownFolder* const known = listing.known_folder(folder, **stat))
      FolderMemory::for_each_name(*known, [&](std::string_view name, FileKind) { names.emplace(name); });
    return names;
  };
  ::usleep(50'000);
  // Listed by the first, remembered by the second.
  for (int i = 0; i < 2; ++i) {
    const auto listing = list_files(repo.path(), {.memory = {.folders = state / "folders"}});
    ASSERT_TRUE(listing);
    const std::set<std::string> expected = {".gitignore", "lib", "run.sh", "src", "x.tmp"};
    EXPECT_EQ(names_in(*listing, "packages/a"), expected);
    EXPECT_EQ(names_in(*listing, "node_modules"), std::set<std::string>()) << "was not walked";
    repo.write("packages/b/new", "x");
    EXPECT_EQ(names_in(*listing, "packages/b"), std::set<std::string>());
    ASSERT_EQ(::unlink((repo / "packages/b/new").c_str()), 0);
    EXPECT_EQ(names_in(*listing, "packages/b"), std::set<std::string>());
  }
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  EXPECT_EQ(names_in(*listing, "packages/a"), std::set<std::string>()) << "nobody remembers";
}

TEST(Listing, RulesOfFoldersThatAppearLaterAreReadWhenAsked) {
  const UsualRepo repo;
  const Listing listing = expect_as_git(repo.path());
  EXPECT_FALSE(listing.is_ignored("packages/b/dist/x.js", FileKind::regular));
  repo.write("packages/b/dist/.gitignore", "*\n!keep\n");
  EXPECT_TRUE(listing.is_ignored("packages/b/dist/x.js", FileKind::regular));
  EXPECT_FALSE(listing.is_ignored("packages/b/dist/keep", FileKind::regular));
  EXPECT_TRUE(listing.is_ignored("packages/b/dist/deep/er/x.js", FileKind::regular));
  repo.write("packages/b/dist/.gitignore", "!*\n");
  EXPECT_FALSE(listing.is_ignored("packages/b/dist/x.js", FileKind::regular));
}

}  // namespace
}  // namespace stillage::git
