// SPDX-License-Identifier: MIT
// Patterns: by example, and at random against git.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/strings.h"
#include "git/listing.h"
#include "git/path_pattern.h"
#include "git/wildcard.h"
#include "git_repo.h"
#include "os/file.h"
#include "os/stat.h"

namespace stillage::git {
namespace {

using os::FileKind;
using test::GitRepo;

bool matches(std::string_view pattern, std::string_view text, LetterCase letter_case = LetterCase::exact) {
  return Wildcard(pattern, letter_case).matches(text);
}

TEST(Wildcard, Examples) {
  EXPECT_TRUE(matches("a*c", "abbc"));
  EXPECT_FALSE(matches("a*c", "a/c"));
  EXPECT_TRUE(matches("**/c", "a/b/c"));
  EXPECT_TRUE(matches("**/c", "c"));
  EXPECT_FALSE(matches("**/c", "abc"));
  EXPECT_TRUE(matches("a/**/c", "a/c"));
  EXPECT_TRUE(matches("a/**", "a/b/c"));
  EXPECT_FALSE(matches("a/**", "a"));
  EXPECT_TRUE(matches("[]-]", "]"));
  EXPECT_TRUE(matches("[!a-c]", "d"));
  EXPECT_FALSE(matches("[!a]", "/"));
  EXPECT_TRUE(matches("[[:digit:][:upper:]]", "Q"));
  EXPECT_TRUE(matches("\\*", "*"));
  EXPECT_FALSE(matches("a\\", "a\\"));
  EXPECT_FALSE(matches("[a", "[a"));
  EXPECT_TRUE(matches("AbC*", "aBcD", LetterCase::fold));
}

TEST(Wildcard, TimeGrowsGently) {
  std::string pattern;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    pattern += "**/*a*a*";
    text += "aaaaaaaaaaaaaaaa/";
  }
  EXPECT_FALSE(matches(pattern + "b", text));
}

TEST(IgnoreList, LinesOfAFile) {
  const IgnoreList list(
      "\xef\xbb\xbf"
      "first\r\n# comment\n\\#hash\nspace \\ \nspaces   \n!not\nlast",
      LetterCase::exact);
  const auto verdict = [&](std::string_view path) { return list.decide(path, FileKind::regular); };
  for (const char* ignored : {"first", "#hash", "space  ", "spaces", "last", "deep/last"})
    EXPECT_EQ(verdict(ignored), Verdict::ignored) << ignored;
  EXPECT_EQ(verdict("not"), Verdict::included);
  for (const char* other : {"# comment", "space", "spaces   ", "LAST"})
    EXPECT_EQ(verdict(other), Verdict::undecided);
}

/// Makes ignore files and trees at random, from a small alphabet so that they meet.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <std::size_t N>
  std::string pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  std::string name() {
    std::string text = pick({"a", "b", "foo", "A", "fooa", "b.a"});
    if (below(3) == 0) text += pick({"a", "b", ".a", "-", "]", " ", "Foo", "\\", "!"});
    return text;
  }
  std::string pattern() {
    std::string text = below(4) == 0 ? "!" : "";
    if (below(4) == 0) text += "/";
    for (std::size_t parts = 1 + below(5); parts > 0; --parts) {
      if (below(2) == 0)
        text += pick({"a", "b", "foo", "A", ".a", "/", "/", "Foo"});
      else
        text +=
            pick({"*",           "**",    "**/",  "/**", "/**/", "?",       "[ab]", "[!a]",        "[a-f]",
                  "[[:alpha:]]", "[A-F]", "[]a]", "\\a", "\\A",  "\\",      "[",    "[[:upper:]]", "[b-]",
                  "[^b/]",       " ",     "\\ ",  "***", "*a",   "[\\]-a]", "[[:x", "\\/"});
    }
    if (below(5) == 0) text += "/";
    return text;
  }
  std::string ignore_file() {
    std::string text;
    for (std::size_t lines = 1 + below(5); lines > 0; --lines)
      text += pattern() + (below(6) == 0 ? "\r\n" : "\n");
    return text;
  }

 private:
  std::mt19937 random_;
};

/// Asks git about each path; ignored ones come back.
std::set<std::string> ignored_by_git(const GitRepo& repo, const std::set<std::string>& paths) {
  std::string input;
  for (const std::string& path : paths) input += path + '\0';
  repo.write(".git/asked", input);
  std::set<std::string> ignored;
  const std::string answer =
      test::run(repo.path(), {"sh", "-c", "exec git check-ignore --no-index -z --stdin < .git/asked"});
  for (const std::string_view path : base::split(answer, '\0'))
    if (!path.empty()) ignored.emplace(path);
  return ignored;
}

class RandomIgnores : public testing::TestWithParam<bool> {};

TEST_P(RandomIgnores, AgreeWithGit) {
  constexpr unsigned kRounds = 150;
  const bool fold = GetParam();
  const GitRepo repo;
  if (fold) repo.git({"config", "core.ignorecase", "true"});
  std::size_t asked = 0;
  std::size_t ignored = 0;
  for (unsigned seed = 1; seed <= kRounds && !testing::Test::HasFailure(); ++seed) {
    Chance chance(seed);
    std::set<std::string> paths;
    std::set<std::string> tops;
    for (int i = 0; i < 12; ++i) {
      std::string path;
      for (std::size_t depth = 1 + chance.below(4); depth > 0; --depth) {
        path += (path.empty() ? "" : "/") + chance.name();
        const auto stat = os::stat_path(repo / path).value_or(std::nullopt);
        if (depth > 1 && stat && !stat->is_directory()) break;
        tops.insert(path.substr(0, path.find('/')));
        if (depth == 1) {
          if (!stat) repo.write(path, "");
          paths.insert(path);
        } else {
          if (!stat) repo.make_dir(path);
          paths.insert(path);
        }
      }
    }
    std::string shown;
    const auto write_rules = [&](const std::string& name) {
      const std::string rules = chance.ignore_file();
      repo.write(name, rules);
      shown += name + ":\n" + rules;
    };
    write_rules(".gitignore");
    write_rules(".git/info/exclude");
    for (const std::string& path : paths)
      if (chance.below(4) == 0 && os::is_directory(repo / path)) write_rules(path + "/.gitignore");
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + shown);

    const Listing listing = test::expect_as_git(repo.path());
    const std::set<std::string> expected = ignored_by_git(repo, paths);
    for (const std::string& path : paths) {
      const auto stat = os::stat_path(repo / path).value_or(std::nullopt);
      EXPECT_EQ(listing.is_ignored(path, stat->kind()), expected.contains(path)) << path;
    }
    asked += paths.size();
    ignored += expected.size();
    for (const std::string& top : tops) ASSERT_TRUE(os::remove_tree(repo / top));
  }
  std::printf("%u rounds, %zu paths, %zu ignored\n", kRounds, asked, ignored);
  EXPECT_GT(ignored, asked / 10);
  EXPECT_LT(ignored, asked * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(Case, RandomIgnores, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "folded" : "exact"; });

TEST(IgnoreCase, FilesKnownUnderAnotherSpelling) {
  const GitRepo repo;
  repo.write("Dir/File", "x");
  repo.commit_all();
  repo.git({"config", "core.ignorecase", "true"});
  repo.write("dir/file", "y");
  repo.write(".gitignore", "*.LOG\n");
  repo.write("a.log", "");
  const auto listing = list_files(repo.path());
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->find("Dir/File")->clean_id);
  EXPECT_TRUE(listing->find("dir/file")->tracked);
  EXPECT_FALSE(listing->find("dir/file")->clean_id);
  EXPECT_EQ(listing->find("a.log"), nullptr);
}

}  // namespace
}  // namespace stillage::git
