// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <stdlib.h>

#include "git/config_file.h"
#include "git/listing.h"
#include "git/repository.h"
#include "git_repo.h"
#include "os/file.h"

namespace stillage::git {
namespace {

using test::GitRepo;
using test::TempDir;

TEST(ConfigFile, ReadsWhatGitReads) {
  const TempDir dir;
  dir.write(
      "config",
      "\xef\xbb\xbf# comment\n; another\n[Core] Bare = TRUE ; trailing\r\n"
      "[a \"Sub \\\"x\\\\ y\"]\n\tkey = \" quoted # \" and more  # no\n  KEY2=a\\tb\\\\c\\\n  continued\n"
      "flag\nempty =\n[old.Style]\nx = \"a\" b\"c\"\n[n]\nlast = 1");
  std::string ours;
  const auto variables = parse_config(dir.read("config"), "config");
  ASSERT_TRUE(variables) << variables.error().message;
  for (const ConfigVariable& variable : *variables) {
    ours += variable.name;
    if (variable.value) ours += '\n' + *variable.value;
    ours += '\0';
  }
  EXPECT_EQ(ours, test::git(dir.path(), {"config", "-f", "config", "--list", "-z"}));
}

TEST(ConfigFile, DamagedLinesAreErrorsWithTheirPlace) {
  for (const char* bad : {"[a]\nx = \"open\n", "[a]\nx = \\q\n", "[a\nx=1\n", "x = 1\n", "[a]\n1x_y\n",
                          "[a \"b]\nx=1\n", "[a]\nx y = 1\n", "[a \"b\" c]\n"}) {
    const auto variables = parse_config(std::string("\n") + bad, "the file");
    ASSERT_FALSE(variables) << bad;
    EXPECT_TRUE(variables.error().message.starts_with("the file:")) << variables.error().message;
  }
}

TEST(ConfigFile, Booleans) {
  const auto value = [](const char* text) { return config_bool({.name = "", .value = text}); };
  EXPECT_EQ(config_bool({.name = "", .value = std::nullopt}), true);
  for (const char* text : {"true", "YES", "on", "1", "-2"}) EXPECT_EQ(value(text), true) << text;
  for (const char* text : {"false", "No", "off", "0", "", "+00"}) EXPECT_EQ(value(text), false) << text;
  for (const char* text : {"input", "-", "1x"}) EXPECT_EQ(value(text), std::nullopt) << text;
}

/// A repository with one file that only the given excludes can hide.
struct ExcludingRepo : GitRepo {
  ExcludingRepo() {
    write("hidden", "");
    ASSERT_TRUE_OR_ABORT(os::write_file_atomic(test::git_home() + "/excludes", "hidden\n"));
  }
  static void ASSERT_TRUE_OR_ABORT(const Status& status) {
    if (!status) std::abort();
  }
  bool hides() const { return test::expect_as_git(path()).find("hidden") == nullptr; }
};

TEST(Settings, ExcludesFileFromEveryConfiguration) {
  const ExcludingRepo repo;
  const std::string home = test::git_home();
  EXPECT_FALSE(repo.hides());
  repo.git({"config", "core.excludesFile", "~/excludes"});
  EXPECT_TRUE(repo.hides());
  repo.git({"config", "core.excludesFile", ""});
  EXPECT_FALSE(repo.hides());
  repo.git({"config", "--unset", "core.excludesFile"});

  ASSERT_TRUE(os::write_file_atomic(home + "/included", "[core]\nexcludesfile = ~/excludes\n"));
  ASSERT_TRUE(os::write_file_atomic(home + "/.gitconfig", "[include]\npath = included\n"));
  EXPECT_TRUE(repo.hides());
  ASSERT_TRUE(os::write_file_atomic(home + "/.gitconfig",
                                    "[includeIf \"gitdir:" + repo.path() + "/\"]\npath = ~/included\n"));
  EXPECT_TRUE(repo.hides());
  ASSERT_TRUE(
      os::write_file_atomic(home + "/.gitconfig", "[includeIf \"gitdir:/nowhere/\"]\npath = ~/included\n"));
  EXPECT_FALSE(repo.hides());
  ASSERT_TRUE(os::remove_tree(home + "/.gitconfig"));

  ASSERT_TRUE(os::make_dirs(home + "/.config/git"));
  ASSERT_TRUE(os::write_file_atomic(home + "/.config/git/ignore", "hidden\n"));
  EXPECT_TRUE(repo.hides());
  ASSERT_TRUE(os::remove_tree(home + "/.config"));
  ASSERT_TRUE(os::make_dirs(home + "/xdg/git"));
  ASSERT_TRUE(os::write_file_atomic(home + "/xdg/git/config", "[core]\nexcludesfile = ~/excludes\n"));
  ::setenv("XDG_CONFIG_HOME", (home + "/xdg").c_str(), 1);
  EXPECT_TRUE(repo.hides());
  ::unsetenv("XDG_CONFIG_HOME");

  ::setenv("GIT_CONFIG_GLOBAL", (home + "/included").c_str(), 1);
  EXPECT_TRUE(repo.hides());
  ::unsetenv("GIT_CONFIG_GLOBAL");
  ::setenv("GIT_CONFIG_COUNT", "1", 1);
  ::setenv("GIT_CONFIG_KEY_0", "core.excludesFile", 1);
  ::setenv("GIT_CONFIG_VALUE_0", "~/excludes", 1);
  EXPECT_TRUE(repo.hides());
  ::unsetenv("GIT_CONFIG_COUNT");

  repo.git({"config", "extensions.worktreeConfig", "true"});
  repo.git({"config", "--worktree", "core.excludesFile", home + "/excludes"});
  EXPECT_TRUE(repo.hides());
}

TEST(Settings, EnvironmentThatPointsElsewhereIsIgnored) {
  const ExcludingRepo repo;
  const GitRepo other;
  ::setenv("GIT_DIR", (other / ".git").c_str(), 1);
  ::setenv("GIT_INDEX_FILE", "/nonexistent", 1);
  repo.write("tracked", "");
  const auto listing = list_files(repo.path());
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_INDEX_FILE");
  ASSERT_TRUE(listing);
  EXPECT_NE(listing->find("tracked"), nullptr);
}

TEST(Repository, SearchEndsWhereItIsToldTo) {
  const GitRepo repo;
  repo.make_dir("a/b");
  EXPECT_EQ(Repository::discover(repo / "a/b")->top(), repo.path());
  ::setenv("GIT_CEILING_DIRECTORIES", ("/unrelated:" + (repo / "a")).c_str(), 1);
  EXPECT_FALSE(Repository::discover(repo / "a/b"));
  EXPECT_TRUE(Repository::discover(repo / "a"));
  ::unsetenv("GIT_CEILING_DIRECTORIES");
  // An unrelated folder of that name is passed over; a bare repository has no work tree.
  repo.make_dir("a/.git");
  EXPECT_TRUE(Repository::discover(repo / "a/b"));
  repo.git({"config", "core.bare", "true"});
  EXPECT_FALSE(Repository::discover(repo / "a/b"));
}

}  // namespace
}  // namespace stillage::git
