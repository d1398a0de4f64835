// SPDX-License-Identifier: MIT
#include "glob/pattern.h"

#include <gtest/gtest.h>

#include <random>

#include "glob/automaton.h"
#include "glob/pattern_list.h"
#include "glob/regex_syntax.h"
#include "glob/translate.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

bool matches(std::string_view glob, std::string_view path, MatchOptions options = {}) {
  const auto pattern = Pattern::compile(glob, options);
  EXPECT_TRUE(pattern) << (pattern ? "" : pattern.error().message);
  return pattern && pattern->matches(path);
}

TEST(Units, RoundTripEveryByteString) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (unsigned size = random() % 9; size > 0; --size)
      bytes += static_cast<char>(random() % 3 == 0 ? 'a' : 0x80 + random() % 0x80);
    EXPECT_EQ(to_bytes(to_units(bytes)), bytes);
  }
  EXPECT_EQ(to_units("\xF0\x9F\x98\x80").size(), 2U);
  EXPECT_EQ(to_units("\xED\xA0\x80").size(), 3U) << "a surrogate in UTF-8 is three bytes that mean nothing";
}

TEST(Pattern, AQuestionMarkIsOneUtf16Unit) {
  EXPECT_TRUE(matches("a/?", "a/\xC3\xA9"));
  EXPECT_FALSE(matches("a/?", "a/\xF0\x9F\x98\x80"));
  EXPECT_TRUE(matches("a/??", "a/\xF0\x9F\x98\x80"));
}

TEST(Pattern, QuirksOfPicomatchAreKept) {
  EXPECT_TRUE(matches("src/(group)/p.ts", "src/group/p.ts"));
  EXPECT_TRUE(matches("src/(group)/p.ts", "src/(group)/p.ts")) << "equal texts always match";
  EXPECT_FALSE(matches("x*/**", "xa")) << "but x/** is also x";
  EXPECT_TRUE(matches("x/**", "x"));
  EXPECT_FALSE(matches("src/{x.ts", "src/x.ts"));
  EXPECT_TRUE(matches("[!a]", "a")) << "not a negation for micromatch";
  EXPECT_FALSE(matches("[!a]", "a", {true, true}));
  EXPECT_TRUE(matches("{1..10}", "0")) << "a range is a set of characters";
  EXPECT_FALSE(matches("+(a|aa)", "aaa")) << "taken for an attack, and literal";
  EXPECT_TRUE(matches("+(a|aa)", "+(a|aa)"));
}

TEST(Pattern, RegularExpressionsShineThrough) {
  EXPECT_TRUE(matches("a/\\d", "a/7"));
  EXPECT_FALSE(matches("a/\\d", "a/d"));
  EXPECT_TRUE(matches("a/(?<!x)b", "a/b"));
  EXPECT_TRUE(matches("a/x(?<=x)b", "a/xb"));
  EXPECT_FALSE(matches("a/x(?<!x)b", "a/xb"));
  EXPECT_TRUE(matches("a/(?!b)*", "a/c"));
  EXPECT_FALSE(matches("a/(?!b)*", "a/b"));
  EXPECT_TRUE(matches("a/\\x41\\u0042", "a/AB"));
}

TEST(Pattern, BackReferencesAreRefusedByName) {
  const auto pattern = Pattern::compile("(a)/\\1");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(pattern.error().message.find("pattern '(a)/\\1': "), 0U);
}

TEST(Pattern, LiteralsAreKnown) {
  EXPECT_TRUE(Pattern::compile("./a/b.ts")->is_literal());
  EXPECT_FALSE(Pattern::compile("a/*.ts")->is_literal());
  EXPECT_EQ(literal_path("./a/\\[b\\]"), "a/[b]");
  EXPECT_EQ(literal_path("a/[b]"), std::nullopt);
  EXPECT_EQ(literal_path("!a"), std::nullopt);
  EXPECT_EQ(literal_path("a\\d"), std::nullopt) << "that is a digit";
  EXPECT_EQ(literal_first_segment("lib/**"), "lib");
  EXPECT_EQ(literal_first_segment("./dist"), "dist");
  EXPECT_EQ(literal_first_segment("!dist/**"), "dist");
  for (const char* const glob : {"**", "*.js", "{lib,dist}/**", "../x", "./", "", "/x", "(lib)/x", "lib/a|b"})
    EXPECT_EQ(literal_first_segment(glob), std::nullopt) << glob;
}

/// The fast way and the full translation agree wherever the fast way is taken.
TEST(Pattern, TheFastWayAgreesWithTheTranslation) {
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const std::vector<std::string> pieces{"a",         "b",     ".",     "*",  "?",   "**", "a*", "*.ts",
                                        "x.{ts,js}", "{a,b}", "{,a}*", ".*", ".a*", "é",  "-",  "@"};
  const std::vector<std::string> names{"a",   "b", ".a",  "ab",  "x.ts", "a.js",
                                       ".ts", "é", "..a", "...", "-",    "@"};
  int fast = 0;
  int positive = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string glob = random() % 8 == 0 ? "!" : "";
    for (unsigned n = 1 + random() % 4; n > 0; --n)
      glob += pick(pieces) + (random() % 4 == 0 ? pick(pieces) : "") + (n > 1 ? "/" : "");
    const auto simple = SimpleGlob::compile(glob.substr(glob[0] == '!' ? 1 : 0));
    if (!simple) continue;
    ++fast;
    const auto pattern = Pattern::compile(glob);
    ASSERT_TRUE(pattern);
    const auto translation = translate(to_units(glob), {});
    ASSERT_TRUE(translation);
    const auto tree = parse_regex(translation->source, Dot::not_line_ends);
    ASSERT_TRUE(tree && *tree);
    const auto automaton = Automaton::compile(**tree);
    ASSERT_TRUE(automaton);
    for (int path_round = 0; path_round < 10; ++path_round) {
      std::string path = pick(names);
      for (unsigned n = random() % 4; n > 0; --n) path += "/" + pick(names);
      const bool truth = automaton->matches(to_units(path));
      EXPECT_EQ(pattern->matches_expression(path), truth) << glob << " " << path;
      positive += truth ? 1 : 0;
      const std::string dir = path.substr(0, path.rfind('/'));
      EXPECT_TRUE(!truth || dir == path || pattern->may_match_below(dir)) << glob << " " << path;
    }
  }
  EXPECT_GT(fast, 1000);
  EXPECT_GT(positive, 1000);
}

TEST(PatternList, OnlyNegationsSelectWhatTheFlavourSays) {
  const auto micromatch = PatternList::compile({"!*.md"}, {}, OnlyNegated::everything);
  EXPECT_TRUE(micromatch->matches("a.ts"));
  EXPECT_FALSE(micromatch->matches("a.md"));
  EXPECT_FALSE(PatternList::compile({"!*.md"})->matches("a.ts"));
  EXPECT_FALSE(PatternList::compile({}, {}, OnlyNegated::everything)->matches("a.ts"));
  EXPECT_FALSE(micromatch->matches(""));
}

}  // namespace
}  // namespace stillage::glob
