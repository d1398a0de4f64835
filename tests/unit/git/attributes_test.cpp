// SPDX-License-Identifier: MIT
// No id of the index where git may have rewritten the content.
#include "git/attributes.h"

#include <gtest/gtest.h>

#include "git/listing.h"
#include "git_repo.h"
#include "os/file.h"

namespace stillage::git {
namespace {

using test::expect_as_git;
using test::GitRepo;

bool may_convert(std::string_view rules, std::string_view path) {
  return ConversionRules(rules, LetterCase::exact).may_convert(path);
}

TEST(ConversionRules, WhatTurnsAConversionOn) {
  for (const char* attribute : {"text", "text=auto", "eol=lf", "crlf", "crlf=input", "filter=lfs", "ident",
                                "working-tree-encoding=UTF-16", "-diff text", "!x\tfilter=y"})
    EXPECT_TRUE(may_convert(std::string("*.a ") + attribute + "\n", "x/y.a")) << attribute;
  for (const char* attribute :
       {"-text", "!text", "binary", "-crlf", "diff=x merge=y", "linguist-generated", "textual"})
    EXPECT_FALSE(may_convert(std::string("*.a ") + attribute, "x/y.a")) << attribute;
}

TEST(ConversionRules, OnlyWhereThePatternMatches) {
  EXPECT_FALSE(may_convert("*.png filter=lfs diff=lfs merge=lfs -text\n", "a.ts"));
  EXPECT_FALSE(may_convert("# * text\n\n  \n", "a.ts"));
  EXPECT_FALSE(may_convert("dir/ text\n", "dir/a.ts"));
  EXPECT_FALSE(may_convert("!*.ts text\n", "a.ts"));
  EXPECT_TRUE(may_convert("  src/**/x.ts\ttext\r\n", "src/a/b/x.ts"));
}

TEST(ConversionRules, DoubtfulLinesCountForAll) {
  EXPECT_TRUE(may_convert("\"with blank\" text\n", "other"));
  EXPECT_TRUE(may_convert("[attr]mine -diff text\n", "other"));
  EXPECT_FALSE(may_convert("[attr]mine -diff\n", "other"));
}

struct AttributedRepo : GitRepo {
  AttributedRepo() {
    write("a.txt", "one\n");
    write("b.bin", "two\n");
    write("sub/c.txt", "three\n");
    symlink("link.txt", "a.txt");
    commit_all();
  }
  /// The files with an id, as one text.
  std::string with_id() const {
    std::string names;
    const Listing listing = expect_as_git(path());
    for (const ListedFile& file : listing.files())
      if (file.clean_id) names += file.path + " ";
    return names;
  }
};

TEST(CleanIdAndAttributes, EveryPlaceOfAttributesCounts) {
  const AttributedRepo repo;
  EXPECT_EQ(repo.with_id(), "a.txt b.bin link.txt sub/c.txt ");
  repo.write("sub/.gitattributes", "*.txt eol=crlf\n");
  EXPECT_EQ(repo.with_id(), "a.txt b.bin link.txt ");
  repo.write(".git/info/attributes", "b.* filter=x\n");
  EXPECT_EQ(repo.with_id(), "a.txt link.txt ");
  repo.write("attrs", "/a.txt ident\n");
  repo.git({"config", "core.attributesFile", repo / "attrs"});
  EXPECT_EQ(repo.with_id(), "link.txt ");
}

TEST(CleanIdAndAttributes, UsersFileInTheDefaultPlace) {
  const AttributedRepo repo;
  const std::string file = test::git_home() + "/.config/git/attributes";
  ASSERT_TRUE(os::make_dirs(test::git_home() + "/.config/git"));
  ASSERT_TRUE(os::write_file_atomic(file, "*.bin text\n"));
  EXPECT_EQ(repo.with_id(), "a.txt link.txt sub/c.txt ");
  ASSERT_TRUE(os::remove_tree(file));
}

TEST(CleanIdAndAttributes, AttributesThatOnlyTheIndexHas) {
  const AttributedRepo repo;
  repo.write("sub/.gitattributes", "*.txt text\n");
  repo.commit_all();
  ASSERT_TRUE(os::remove_tree(repo / "sub/.gitattributes"));
  EXPECT_EQ(repo.with_id(), "a.txt b.bin link.txt ");
}

TEST(CleanIdAndAttributes, ConvertedContentHasNoIdOfTheObject) {
  const AttributedRepo repo;
  repo.write(".gitattributes", "*.txt eol=crlf\n");
  repo.git({"add", "-A"});
  repo.git({"commit", "-q", "-m", "crlf"});
  for (const char* name : {"a.txt", "sub/c.txt"}) ASSERT_TRUE(os::remove_tree(repo / name));
  repo.git({"checkout", "--", "."});
  test::settle(repo.path());
  ASSERT_EQ(repo.read("a.txt"), "one\r\n");
  ASSERT_EQ(repo.git({"status", "--porcelain"}), "");
  EXPECT_EQ(repo.with_id(), ".gitattributes b.bin link.txt ");
}

TEST(CleanIdAndAttributes, AutoCrlf) {
  const AttributedRepo repo;
  for (const char* value : {"true", "input", "nonsense?"}) {
    repo.write(".git/config", std::string("[core]\n\tbare = false\n\tautocrlf = ") + value + "\n");
    const auto listing = list_files(repo.path());
    ASSERT_TRUE(listing);
    EXPECT_EQ(test::clean_ids(*listing), 1U) << value;  // the link
  }
  repo.write(".git/config", "[core]\n\tautocrlf = false\n");
  EXPECT_EQ(repo.with_id(), "a.txt b.bin link.txt sub/c.txt ");
}

}  // namespace
}  // namespace stillage::git
