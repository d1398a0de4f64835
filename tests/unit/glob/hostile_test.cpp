// SPDX-License-Identifier: MIT
// Patterns that would take exponential time, memory or stack if we let them. The time limit is generous, for
// slow machines under sanitizers; what it has to tell apart is milliseconds from years.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "glob/brace_expansion.h"
#include "glob/find_files.h"
#include "glob/pattern.h"
#include "support/temp_dir.h"

namespace stillage::glob {
namespace {

constexpr double kMaxSeconds = 20;

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

class HostilePattern : public ::testing::TestWithParam<std::string> {};

TEST_P(HostilePattern, IsCompiledAndMatchedInTime) {
  const base::Stopwatch watch;
  const auto pattern = Pattern::compile(GetParam());
  if (pattern) {
    const std::string path = repeat("a", 200) + "/" + repeat("aa/", 60) + repeat("a", 100) + "c";
    (void)pattern->matches(path);
    (void)pattern->may_match_below(path);
    (void)pattern->matches(repeat("a", 4000));
  } else {
    EXPECT_LT(pattern.error().message.size(), 500U);
  }
  EXPECT_LT(watch.seconds(), kMaxSeconds);
}

INSTANTIATE_TEST_SUITE_P(
    Glob, HostilePattern,
    ::testing::Values(
        repeat("a*", 100) + "b", repeat("*a", 20000) + "b", repeat("**/", 20000) + "b", repeat("*/", 30000),
        repeat("{a,", 20000), repeat("{a,b}", 12000), repeat("{a,{b,", 150) + "c" + repeat("}}", 150),
        repeat("+(", 150) + "a" + repeat(")", 150), repeat("+(", 20000) + "a" + repeat(")", 20000),
        repeat("+(a", 190) + repeat(")", 190) + "b", repeat("*(a*(b", 90) + repeat("))", 90) + "c",
        repeat("!(", 190) + "a" + repeat(")", 190), repeat("!(a)", 15000), repeat("?(a)", 15000),
        "+(a|aa)" + repeat("+(a|aa)", 300) + "b", repeat("@(a|b|c)", 8000), repeat("[", 60000),
        repeat("[a", 30000), repeat("[a]", 20000), repeat("(", 60000), repeat(")", 60000),
        repeat("(a|", 20000), repeat("((a*)*)*", 5000), repeat("\\", 60001), repeat("\"", 60000),
        repeat("[[:alpha:]]", 5000), repeat("!", 60000), repeat("{1..9}", 10000),
        "{1..999999999}" + repeat("a", 1000), repeat("**", 30000), repeat("é?", 20000),
        "+(" + repeat("a|", 20000) + "b)", repeat("!(*).", 10000) + "ts", repeat("?", 65536),
        repeat("?", 65537), std::string("a\0b*", 4)));

TEST(Hostile, TooLongOrTooDeepIsAnErrorThatSaysSo) {
  const auto too_long = Pattern::compile(repeat("a?", 40000));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().kind, ErrorKind::invalid);
  EXPECT_NE(too_long.error().message.find("longer than 65536"), std::string::npos);
  const auto too_deep = Pattern::compile(repeat("@(", 300) + "a" + repeat(")", 300));
  ASSERT_FALSE(too_deep);
  EXPECT_NE(too_deep.error().message.find("nests more than 200"), std::string::npos);
}

TEST(Hostile, BracesExpandToABoundedNumber) {
  const base::Stopwatch watch;
  for (const std::u16string glob :
       {u"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
        u"{1..999}{1..999}{1..999}", u"{1..99999999..1}", u"{1..9007199254740993}"})
    EXPECT_FALSE(expand_braces(glob));
  EXPECT_FALSE(expand_braces(std::u16string(9000, u'{') + u"}"));
  EXPECT_FALSE(expand_braces(std::u16string(11000, u'a') + u"{a,b}"));
  EXPECT_EQ(expand_braces(u"{1..900}{a,b}")->size(), 1800U);
  EXPECT_LT(watch.seconds(), kMaxSeconds);
}

TEST(Hostile, ATreeOfLinkCirclesIsAnErrorOrEnds) {
  const test::TempDir dir;
  dir.write("f", "");
  dir.symlink("one", ".");
  const auto found = find_files(dir.path(), {"**/f"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 41U);
}

}  // namespace
}  // namespace stillage::glob
