// SPDX-License-Identifier: MIT
#include "config/config_text.h"

#include <gmock/gmock.h>

namespace stillage::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

base::Json yaml(std::string_view text) {
  auto source = parse_config(".lagerc", text, TextFormat::yaml);
  EXPECT_TRUE(source) << source.error().message;
  return source ? source->value : base::Json();
}

TEST(ConfigText, YamlScalarsHaveTheTypesOfTheCoreSchema) {
  EXPECT_EQ(
      yaml("a: 1\nb: -2\nc: 1.5\nd: true\ne: no\nf: '1'\ng: \"true\"\nh: ~\ni:\nj: 0x1F\nk: 0o17\nl: "
           "1.2.3\nm: 1e3\n"
           "n: .inf\no: 99999999999999999999\n"),
      base::Json::parse(R"({"a": 1, "b": -2, "c": 1.5, "d": true, "e": "no", "f": "1", "g": "true", "h": null,
                                  "i": null, "j": 31, "k": 15, "l": "1.2.3", "m": 1000.0, "n": ".inf",
                                  "o": 99999999999999999999.0})"));
}

TEST(ConfigText, YamlStructures) {
  EXPECT_EQ(yaml("# comment\npipeline:\n  build:\n    - ^build\n    - \"lib#build\"\n  test: [build, '!x']\n "
                 " lint: {}\n"),
            base::Json::parse(
                R"({"pipeline": {"build": ["^build", "lib#build"], "test": ["build", "!x"], "lint": {}}})"));
  EXPECT_EQ(yaml("base: &b [x]\npipeline:\n  build: *b\n").at("pipeline").at("build"),
            base::Json::parse("[\"x\"]"));
  EXPECT_EQ(yaml("a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc: {<<: *a, y: 5}\nd: {<<: [*a, *b]}\n"),
            base::Json::parse(R"({"a": {"x": 1, "y": 2}, "b": {"x": 3, "z": 4}, "c": {"y": 5, "x": 1},
                                  "d": {"x": 1, "y": 2, "z": 4}})"));
  EXPECT_FALSE(parse_config("x.yaml", "a: {<<: 3}", TextFormat::yaml));
  EXPECT_TRUE(yaml("").is_null());
  EXPECT_TRUE(yaml("# only a comment\n").is_null());
}

TEST(ConfigText, JsonIsYamlToo) {
  EXPECT_EQ(yaml("{\n\t\"pipeline\": {\"build\": [\"^build\"]}\n}"),
            base::Json::parse(R"({"pipeline": {"build": ["^build"]}})"));
}

TEST(ConfigText, KnowsWhichKeysStandTwice) {
  const auto repeated = [](std::string_view text, TextFormat format) {
    const auto source = parse_config("x", text, format);
    EXPECT_TRUE(source) << source.error().message;
    return source ? source->repeated : std::vector<Path>();
  };
  const std::vector<Path> expected = {{"a", "0", "b"}, {"a"}};
  EXPECT_EQ(repeated(R"({"a": [{"b": 1, "\u0062": 2}], "c": {"b": 1}, "a": 1})", TextFormat::jsonc),
            expected);
  EXPECT_EQ(repeated("a:\n- b: 1\n  \"b\": 2\nc: {b: 1}\na: 1\n", TextFormat::yaml), expected);
  const auto member =
      parse_config_member("package.json", R"({"x": 1, "x": 2, "lage": {"a": {}, "a": {}}})", "lage");
  ASSERT_TRUE(member);
  EXPECT_EQ(member->repeated, std::vector<Path>{{"a"}});
}

TEST(ConfigText, LinesOfYamlAndJson) {
  const auto from_yaml = parse_config(
      "x.yaml", "pipeline:\n  build:\n    - one\n    - two\n  test: {weight: x}\n", TextFormat::yaml);
  ASSERT_TRUE(from_yaml);
  EXPECT_EQ(from_yaml->line_of({"pipeline", "build", "1"}), 4U);
  EXPECT_EQ(from_yaml->line_of({"pipeline", "test", "weight"}), 5U);
  EXPECT_EQ(from_yaml->line_of({"pipeline", "test", "nothing"}), 5U);

  const auto from_json = parse_config(
      "x.json", "/* a\nb */ {\n \"p\\u0061\": {\"x\": [1, \"}\\\"{\",\n 3]},\n\n \"b\": 1,\n \"b\": 2}",
      TextFormat::jsonc);
  ASSERT_TRUE(from_json) << from_json.error().message;
  EXPECT_EQ(from_json->line_of({}), 2U);
  EXPECT_EQ(from_json->line_of({"pa", "x", "1"}), 3U);
  EXPECT_EQ(from_json->line_of({"pa", "x", "2"}), 4U);
  EXPECT_EQ(from_json->line_of({"b"}), 7U) << "the last of equal keys counts";
}

TEST(ConfigText, DamagedTextsAreErrorsWithALine) {
  for (const char* const text :
       {"a: [1, 2\nb: c", "a: b\n\tc: d", "a: &x [*x, *y]", "a: 1\n---\nb: 2\n", "{\"a\": \"b\""}) {
    const auto source = parse_config("x.yaml", text, TextFormat::yaml);
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().kind, ErrorKind::invalid);
    EXPECT_THAT(source.error().message, StartsWith("x.yaml:"));
  }
  EXPECT_FALSE(parse_config("x.json", "{\"a\": 1,}", TextFormat::json))
      << "no JSONC where lage reads strict JSON";
  std::string deep(5000, '[');
  EXPECT_FALSE(parse_config("x.json", deep, TextFormat::json));
  EXPECT_FALSE(parse_config("x.yaml", deep, TextFormat::yaml));
}

TEST(ConfigText, AliasesDoNotMultiplyWithoutBounds) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += std::string(j == 0 ? "" : ", ") + "*a" + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_FALSE(parse_config("x.yaml", bomb, TextFormat::yaml));
}

}  // namespace
}  // namespace stillage::config
