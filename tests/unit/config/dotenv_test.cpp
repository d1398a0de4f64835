// SPDX-License-Identifier: MIT
#include "config/dotenv.h"

#include <gmock/gmock.h>

#include "repo.h"

namespace stillage::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// The value that a line gives to A, or "none".
std::string value_of(std::string_view line) {
  const auto variables = parse_dotenv(line);
  return variables.size() == 1 && variables[0].first == "A" ? variables[0].second : "none";
}

// The expectations are what dotenv 8.6.0 answers.
TEST(Dotenv, Values) {
  EXPECT_EQ(value_of("A=b"), "b");
  EXPECT_EQ(value_of("  A =  b c  "), "b c");
  EXPECT_EQ(value_of("A="), "");
  EXPECT_EQ(value_of("A=   "), "");
  EXPECT_EQ(value_of("A=b=c"), "b=c");
  EXPECT_EQ(value_of("A='b c '"), "b c ");
  EXPECT_EQ(value_of("A=\" b\\nc \""), " b\nc ");
  EXPECT_EQ(value_of("A='b\\nc'"), "b\\nc") << "single quotes leave everything as it is";
  EXPECT_EQ(value_of("A=b\\nc"), "b\\nc");
  EXPECT_EQ(value_of("A=''"), "");
  EXPECT_EQ(value_of("A='"), "'");
  EXPECT_EQ(value_of("A=\"b'"), "\"b'");
  EXPECT_EQ(value_of("A=\"b\" "), "\"b\"") << "quotes count at both ends only";
  EXPECT_EQ(value_of("A=b # c"), "b # c") << "there are no comments behind values";
  EXPECT_EQ(value_of("\uFEFFA=b"), "b");
  EXPECT_EQ(value_of("\u00a0A\u2003=\u3000b\u2029"), "b");
}

TEST(Dotenv, LinesThatAreNoVariable) {
  for (const char* const line : {"# A=b", "#A=b", "export A=b", "A", "A b=c", "=b", "Ä=b", "A=b\u2028c", ""})
    EXPECT_THAT(parse_dotenv(line), IsEmpty()) << line;
  EXPECT_EQ(value_of(std::string_view("A=b\0c", 5)), "b") << "no variable holds a NUL";
}

TEST(Dotenv, LineEndsOfEverySystem) {
  EXPECT_THAT(parse_dotenv("A=1\nB=2\r\nC.d-e=3\rD='4\n5'\n"),
              ElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C.d-e", "3"), Pair("D", "'4")));
}

class DotenvFile : public testing::Test {
 protected:
  run::Environment load(const std::string& folder, const Variables& variables = {}) {
    run::Environment environment = environment_of(variables);
    load_dotenv(dir_ / folder, environment, warnings_);
    return environment;
  }

  test::TempDir dir_;
  std::vector<std::string> warnings_;
};

TEST_F(DotenvFile, TheNearestOneAlone) {
  dir_.write("repo/.env", "A=far\nB=far\n");
  dir_.write("repo/packages/a/.env", "A=near\nA=later\n");
  dir_.make_dir("repo/packages/a/src/.env");
  const auto environment = load("repo/packages/a/src");
  EXPECT_EQ(environment.value_or("A", ""), "later") << "of one file, the last line counts";
  EXPECT_EQ(environment.find("B"), nullptr);
  EXPECT_EQ(load("repo/packages").value_or("B", ""), "far");
}

TEST_F(DotenvFile, OverridesNothing) {
  dir_.write(".env", "A=file\nEMPTY=file\n");
  const auto environment = load("", {{"A", "mine"}, {"EMPTY", ""}});
  EXPECT_EQ(environment.value_or("A", ""), "mine");
  EXPECT_EQ(*environment.find("EMPTY"), "") << "empty is set, too";
}

TEST_F(DotenvFile, NotInTests) {
  dir_.write(".env", "A=file\n");
  EXPECT_EQ(load("", {{"NODE_ENV", "test"}}).find("A"), nullptr);
  EXPECT_EQ(load("", {{"NODE_ENV", "production"}}).value_or("A", ""), "file");
}

TEST_F(DotenvFile, OneThatIsTooLargeIsPassedBy) {
  dir_.write(".env", "A=" + std::string(2 << 20, 'x'));
  EXPECT_EQ(load("").find("A"), nullptr);
  EXPECT_THAT(warnings_, ElementsAre(testing::HasSubstr(".env")));
}

}  // namespace
}  // namespace stillage::config
