// SPDX-License-Identifier: MIT
// lage's hash where the golden vectors (tests/compat) have no answer: where lage itself fails, and between a
// hash and the end of a run.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hasher/backfill_hasher.h"
#include "hasher/file_manifest.h"
#include "os/file.h"
#include "stillage/target_hasher.h"
#include "unit/git/git_repo.h"

namespace stillage::hasher {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class CompatHash : public ::testing::Test {
 protected:
  CompatHash() {
    repo_.write(".gitignore", "node_modules\nlib\n");
    repo_.write("package.json", R"({"name":"root","workspaces":["packages/*"]})");
    repo_.write("yarn.lock", "# yarn lockfile v1\n");
    repo_.write("packages/a/package.json", R"({"name":"a","dependencies":{"b":"*"}})");
    repo_.write("packages/a/src/i.ts", "1\n");
    repo_.write("packages/b/package.json", R"({"name":"b"})");
    repo_.write("packages/b/src/i.ts", "2\n");
    repo_.write("env/one.txt", "1\n");
  }
  void commit() const { repo_.commit_all(); }

  TargetHasherOptions options() const {
    return {.root = repo_.path(), .environment_glob = std::vector<std::string>{}, .compat = Compat::lage};
  }
  Target build(const std::string& package) const {
    return {.id = package + "#build",
            .package_name = package,
            .task = "build",
            .cwd = repo_ / ("packages/" + package)};
  }
  /// By a new hasher, as in a new process.
  std::string hash(const Target& target, const TargetHasherOptions& hasher_options) const {
    TargetHasher hasher(hasher_options);
    const Status opened = hasher.initialize();
    EXPECT_TRUE(opened) << opened.error().message;
    if (!opened) return "";
    const auto hash = hasher.hash(target);
    EXPECT_TRUE(hash) << hash.error().message;
    EXPECT_TRUE(hasher.cleanup());
    return hash.value_or("");
  }
  std::string hash() const { return hash(build("a"), options()); }
  void forget() const { ASSERT_TRUE(os::remove_tree(manifest_file())); }
  std::string manifest_file() const { return FileManifest::path_in(repo_.path()); }

  /// The hash is `expected` warm, again, and cold.
  void expect_always(const std::string& expected) const {
    EXPECT_EQ(hash(), expected);
    EXPECT_EQ(hash(), expected) << "in the next process";
    forget();
    EXPECT_EQ(hash(), expected) << "cold";
    EXPECT_EQ(hash(), expected) << "in the process after a cold one";
  }

  test::GitRepo repo_;
};

TEST_F(CompatHash, WithoutACommitItIsThatOfTheSameFilesCommitted) {
  const std::string before = hash();
  commit();
  expect_always(before);
}

TEST_F(CompatHash, WithoutGitItIsThatOfTheSameFilesCommitted) {
  commit();
  const std::string committed = hash();
  forget();
  ASSERT_TRUE(os::remove_tree(repo_ / ".git"));
  expect_always(committed);
}

TEST_F(CompatHash, LinksToNowhereAndNestedRepositoriesContributeNothing) {
  commit();
  const std::string healthy = hash();
  repo_.symlink("packages/a/src/nowhere.ts", "nothing");
  repo_.write("packages/a/nested/f", "1");
  repo_.git({"-C", "packages/a/nested", "init", "-q"});
  expect_always(healthy);
}

TEST_F(CompatHash, OddNamesCountAsAnyOthers) {
  commit();
  const std::string without = hash();
  repo_.write("packages/a/src/plain.ts", "odd");
  const std::string plain = hash();
  EXPECT_NE(plain, without);
  for (const std::string& name :
       {"line\nfeed"s, "bell\a"s, "ctl\x01"s, "back\\slash"s, "latin\xE9"s, "sep\xE2\x80\xA8"s}) {
    SCOPED_TRACE(testing::PrintToString(name));
    ASSERT_TRUE(os::remove_tree(repo_ / "packages/a/src/plain.ts"));
    repo_.write("packages/a/src/" + name, "odd");
    expect_always(plain);
    commit();
    expect_always(plain);
    repo_.git({"rm", "-q", "packages/a/src/" + name});
    repo_.write("packages/a/src/plain.ts", "odd");
  }
}

TEST_F(CompatHash, FoldersNamedAsObjectMembersAreFolders) {
  repo_.write("packages/a/src/plain/y.ts", "y");
  commit();
  const std::string plain = hash();
  ASSERT_TRUE(os::remove_tree(repo_ / "packages/a/src/plain"));
  repo_.write("packages/a/constructor/y.ts", "y");
  repo_.write("toString/f", "1");
  repo_.write("__proto__/f", "1");
  expect_always(plain);
}

TEST_F(CompatHash, TimesBefore1970AreTimes) {
  commit();
  const std::string before = hash();
  const timespec times[2] = {{-5, 500'000}, {-5, 500'000}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (repo_ / "packages/a/src/i.ts").c_str(), times, 0), 0);
  expect_always(before);
}

TEST_F(CompatHash, ADamagedManifestIsMended) {
  commit();
  const std::string before = hash();
  const std::string text = repo_.read("node_modules/.cache/lage/file_hashes.manifest");
  for (const std::string& damaged :
       {text.substr(0, text.size() - 7), text + "\n", "\n" + text, "nonsense\n" + text, ""s, "\0\0\0"s}) {
    repo_.write("node_modules/.cache/lage/file_hashes.manifest", damaged);
    EXPECT_EQ(hash(), before);
    EXPECT_EQ(FileManifest::read(manifest_file())->value().damaged_lines(), 0U);
  }
}

TEST_F(CompatHash, WithoutAPlaceForTheManifestNothingIsRemembered) {
  commit();
  const std::string before = hash();
  ASSERT_TRUE(os::remove_tree(repo_ / "node_modules"));
  repo_.write("node_modules", "in the way");
  TargetHasher hasher(options());
  ASSERT_TRUE(hasher.initialize());
  EXPECT_EQ(hasher.hash(build("a")).value(), before);
  EXPECT_FALSE(hasher.cleanup());
}

TEST_F(CompatHash, AWarmManifestIsBelievedAndATouchedFileIsReadAnew) {
  repo_.write("packages/a/src/crlf.ts", "1\r\n");
  commit();
  const std::string cold = hash();
  EXPECT_EQ(hash(), cold);
  const timespec times[2] = {{1'500'000'000, 0}, {1'500'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (repo_ / "packages/a/src/crlf.ts").c_str(), times, 0), 0);
  const std::string touched = hash();
  EXPECT_NE(touched, cold) << "git's id is of the raw bytes, glob-hasher's of normalised ones";
  EXPECT_EQ(hash(), touched);
  forget();
  EXPECT_EQ(hash(), cold);
}

TEST_F(CompatHash, AGlobSpelledWithADotReadsAnew) {
  repo_.write("env/crlf.txt", "1\r\n");
  commit();
  TargetHasherOptions plain = options();
  plain.environment_glob = {{"env/crlf.txt"}};
  TargetHasherOptions dotted = options();
  dotted.environment_glob = {{"./env/crlf.txt"}};
  const std::string cold = hash(build("a"), plain);
  EXPECT_NE(hash(build("a"), dotted), cold) << "the manifest has no ./env/crlf.txt";
  EXPECT_NE(hash(build("a"), plain), cold) << "and now has another digest of env/crlf.txt";
}

TEST_F(CompatHash, DependenciesThatWereNotHashedContributeNothing) {
  commit();
  Target target = build("a");
  target.dependencies = {"__start", "b#build"};
  const std::string without = hash();
  EXPECT_EQ(hash(target, options()), without);
  TargetHasher hasher(options());
  ASSERT_TRUE(hasher.initialize());
  ASSERT_TRUE(hasher.hash(build("b")));
  EXPECT_NE(hasher.hash(target).value(), without);
}

TEST_F(CompatHash, ChangedInputNamesTheFirstFileThatIsAnother) {
  repo_.write("packages/a/src/crlf.ts", "1\r\n");
  commit();
  TargetHasherOptions with_environment = options();
  with_environment.environment_glob = {{"env/*"}};
  TargetHasher hasher(with_environment);
  ASSERT_TRUE(hasher.initialize());
  EXPECT_FALSE(hasher.changed_input(build("a"))) << "has no hash yet";
  Target root_target{.id = "#root", .task = "root", .cwd = repo_.path(), .inputs = {{"env/*"}}};
  for (const Target& target : {build("a"), build("b"), root_target}) ASSERT_TRUE(hasher.hash(target));
  const auto changed = [&](const Target& target) {
    return hasher.changed_input(target).value().value_or("");
  };
  EXPECT_EQ(changed(build("a")), "");

  repo_.write("packages/a/src/i.ts", "1\n");
  repo_.write("packages/a/src/crlf.ts", "1\r\n");
  EXPECT_EQ(changed(build("a")), "") << "written again, with the same content";
  repo_.write("packages/a/src/i.ts", "3\n");
  EXPECT_EQ(changed(build("a")), "packages/a/src/i.ts");
  EXPECT_EQ(changed(build("b")), "");
  ASSERT_TRUE(os::remove_tree(repo_ / "packages/b/src/i.ts"));
  EXPECT_EQ(changed(build("b")), "packages/b/src/i.ts");
  repo_.write("env/one.txt", "2\n");
  EXPECT_EQ(changed(build("b")), "env/one.txt");
  EXPECT_EQ(changed(root_target), "env/one.txt");
}

TEST_F(CompatHash, ErrorsAreThoseOfTheOriginal) {
  commit();
  TargetHasher hasher(options());
  EXPECT_FALSE(hasher.hash(build("a"))) << "needs initialize()";
  ASSERT_TRUE(hasher.initialize());
  const Target no_inputs{.id = "#lint", .task = "lint", .cwd = repo_.path()};
  EXPECT_THAT(hasher.hash(no_inputs).error().message,
              HasSubstr("no \"inputs\" specified for target \"#lint\""));
  EXPECT_THAT(hasher.hash(build("zz")).error().message, HasSubstr("no package \"zz\""));
  ASSERT_TRUE(os::remove_tree(repo_ / "yarn.lock"));
  EXPECT_THAT(TargetHasher(options()).initialize().error().message, HasSubstr("yarn.lock"));
}

TEST_F(CompatHash, AFileOutsideOfEveryPackageIsTheRootPackages) {
  repo_.write("package.json", R"({"name":"root","workspaces":["packages/*","."]})");
  commit();
  Target target{
      .id = "root#build", .package_name = "root", .task = "build", .cwd = repo_.path(), .cache = false};
  const std::string before = hash(target, options());
  repo_.write("packages/loose.txt", "1");
  EXPECT_NE(hash(target, options()), before);
}

TEST_F(CompatHash, ADeepRootLivesBesideOtherFilesOfItsRepository) {
  commit();
  const test::GitRepo outer;
  outer.write("outside.txt", "1");
  for (const char* const file :
       {".gitignore", "package.json", "yarn.lock", "packages/a/package.json", "packages/a/src/i.ts",
        "packages/b/package.json", "packages/b/src/i.ts", "env/one.txt"})
    outer.write("ws/"s + file, repo_.read(file));
  outer.commit_all();
  TargetHasherOptions deep = options();
  deep.root = outer / "ws";
  Target target = build("a");
  target.cwd = outer / "ws/packages/a";
  EXPECT_EQ(hash(target, deep), hash());
}

TEST_F(CompatHash, BackfillSeesASelfDependencyTwice) {
  repo_.write("packages/a/package.json", R"({"name":"a","dependencies":{"b":"*","a":"*"}})");
  commit();
  const auto hash = BackfillHasher(repo_ / "packages/a/src").hash("-- x");
  ASSERT_TRUE(hash) << hash.error().message;
  std::vector<std::string> names;
  for (const auto& part : hash->packages) names.push_back(part.name);
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "a"));
  EXPECT_THAT(BackfillHasher("/").hash("").error().message, HasSubstr("package.json"));
}

}  // namespace
}  // namespace stillage::hasher
