// SPDX-License-Identifier: MIT
// Patterns that would take exponential time, memory or stack if we let them. The time limit is generous, for
// slow machines under sanitizers; what it has to tell apart is milliseconds from years.
#include <gtest/gtest.h>

#include <ctime>
#include <ostream>

#include "glob/brace_expansion.h"
#include "glob/find_files.h"
#include "glob/pattern.h"
#include "support/scale.h"
#include "support/temp_dir.h"

namespace stillage::glob {
namespace {

constexpr double kMaxSeconds = 60;

/// Processor time of this program, which other programs do not lengthen.
class CpuWatch {
 public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t start_ = std::clock();
};

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

struct HostileGlob {
  const char* name;
  std::string glob;
};

/// Names the case; the glob itself may be 64 KiB long.
void PrintTo(const HostileGlob& hostile, std::ostream* out) {
  *out << hostile.name;
}

/// What takes seconds under sanitizers at its full length.
std::string long_repeat(std::string_view text, std::size_t times) {
  return repeat(text, test::scale(times / 4, times));
}

class HostilePattern : public ::testing::TestWithParam<HostileGlob> {};

TEST_P(HostilePattern, IsCompiledAndMatchedInTime) {
  const CpuWatch watch;
  const auto pattern = Pattern::compile(GetParam().glob);
  if (pattern) {
    const std::string path = repeat("a", 50) + "/" + repeat("aa/", 15) + repeat("a", 25) + "c";
    (void)pattern->matches(path);
    (void)pattern->may_match_below(path);
    (void)pattern->matches(repeat("a", 100));
  } else {
    EXPECT_LT(pattern.error().message.size(), 500U);
  }
  EXPECT_LT(watch.seconds(), kMaxSeconds);
}

INSTANTIATE_TEST_SUITE_P(
    Glob, HostilePattern,
    ::testing::Values(
        HostileGlob{"stars", repeat("a*", 100) + "b"}, HostileGlob{"many_stars", repeat("*a", 20000) + "b"},
        HostileGlob{"globstars", repeat("**/", 20000) + "b"},
        HostileGlob{"folders", long_repeat("*/", 30000)}, HostileGlob{"double_stars", repeat("**", 30000)},
        HostileGlob{"marks", long_repeat("?", 65536)}, HostileGlob{"too_many_marks", repeat("?", 65537)},
        HostileGlob{"wide_marks", repeat("é?", 20000)}, HostileGlob{"open_braces", repeat("{a,", 20000)},
        HostileGlob{"brace_product", repeat("{a,b}", 12000)},
        HostileGlob{"nested_braces", repeat("{a,{b,", 90) + "c" + repeat("}}", 90)},
        HostileGlob{"ranges", long_repeat("{1..9}", 10000)},
        HostileGlob{"endless_range", "{1..999999999}" + repeat("a", 1000)},
        HostileGlob{"nested_plus", repeat("+(", 150) + "a" + repeat(")", 150)},
        HostileGlob{"very_nested_plus", repeat("+(", 20000) + "a" + repeat(")", 20000)},
        HostileGlob{"nested_plus_with_text", repeat("+(a", 190) + repeat(")", 190) + "b"},
        HostileGlob{"nested_stars", repeat("*(a*(b", 90) + repeat("))", 180) + "c"},
        HostileGlob{"nested_negations", repeat("!(", 190) + "a" + repeat(")", 190)},
        HostileGlob{"negations", long_repeat("!(a)", 15000)},
        HostileGlob{"options", long_repeat("?(a)", 15000)},
        HostileGlob{"negations_and_dots", long_repeat("!(*).", 10000) + "ts"},
        HostileGlob{"overlaps", "+(a|aa)" + repeat("+(a|aa)", 300) + "b"},
        HostileGlob{"choices", repeat("@(a|b|c)", 8000)},
        HostileGlob{"wide_choice", "+(" + repeat("a|", 10000) + "b)"},
        HostileGlob{"open_choices", repeat("(a|", 20000)},
        HostileGlob{"repeated_repeats", long_repeat("((a*)*)*", 5000)},
        HostileGlob{"open_brackets", repeat("[", 60000)}, HostileGlob{"half_brackets", repeat("[a", 30000)},
        HostileGlob{"brackets", long_repeat("[a]", 20000)},
        HostileGlob{"classes", repeat("[[:alpha:]]", 2500)},
        HostileGlob{"escaped_classes", repeat("(\\s", 190) + long_repeat("\\S", 15000)},
        HostileGlob{"openings", repeat("(", 60000)}, HostileGlob{"closings", repeat(")", 60000)},
        HostileGlob{"backslashes", "/" + repeat("\\", 60001)}, HostileGlob{"quotes", repeat("\"", 60000)},
        HostileGlob{"bangs", repeat("!", 60000)}, HostileGlob{"nul", std::string("a\0b*", 4)}));

TEST(Hostile, TooLongOrTooDeepIsAnErrorThatSaysSo) {
  EXPECT_TRUE(Pattern::compile("?" + repeat("a", 65535)));
  EXPECT_FALSE(Pattern::compile("?" + repeat("a", 65536)));
  const auto too_long = Pattern::compile(repeat("a?", 40000));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().kind, ErrorKind::invalid);
  EXPECT_NE(too_long.error().message.find("longer than 65536"), std::string::npos);
  const auto too_deep = Pattern::compile(repeat("@(", 300) + "a" + repeat(")", 300));
  ASSERT_FALSE(too_deep);
  EXPECT_NE(too_deep.error().message.find("nests more than 200"), std::string::npos);
}

TEST(Hostile, BracesExpandToABoundedNumber) {
  const CpuWatch watch;
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
