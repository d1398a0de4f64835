// SPDX-License-Identifier: MIT
#include "workspace/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stillage::workspace {
namespace {

using testing::HasSubstr;

/// The scanner's answer equals yaml-cpp's; texts are compared, not whether they were quoted.
void expect_same(const DataNode& ours, const DataNode& theirs, const std::string& where) {
  ASSERT_EQ(static_cast<int>(ours.kind), static_cast<int>(theirs.kind)) << where;
  EXPECT_EQ(ours.text, theirs.text) << where;
  ASSERT_EQ(ours.items.size(), theirs.items.size()) << where;
  ASSERT_EQ(ours.fields.size(), theirs.fields.size()) << where;
  for (std::size_t i = 0; i < ours.items.size(); ++i)
    expect_same(ours.items[i], theirs.items[i], where + "[" + std::to_string(i) + "]");
  for (std::size_t i = 0; i < ours.fields.size(); ++i) {
    EXPECT_EQ(ours.fields[i].key, theirs.fields[i].key) << where;
    expect_same(ours.fields[i].value, theirs.fields[i].value, where + "." + std::string(ours.fields[i].key));
  }
}

TEST(Yaml, ScannerAgreesWithYamlCpp) {
  for (const std::string text : {
           "a: 1\nb:\n  c: 'it''s'\n  d: \"q\\\"\\u00e9\\n\"\n",
           "a:\n- x\n- y: 1\n  z: 2\n-\n  k: v\n- - n\n  - m\nb: c\n",
           "a:\n  - x: {b: 1, 'c d': [e, \"f\"], u: http://h/x}\n    y: []\n  - {}\n",
           "'@s/x@1':\n    resolution: {integrity: sha512-abc==, tarball: https://h/a-1.tgz}\n    engines: "
           "{node: '>=6'}\n",
           "a: |-\n  one\n\n  two: # no\nb: >\n  folded\n  text\n\n  para\nc: |\n  keep\n    more\n",
           "? \"long key\"\n: v: 1\n",
           "# c\n\nkey: value # comment-free\n",
           "---\na: 1\n---\nb: 2\n",
           "a: ~\nb: null\nc:\nd: ''\n",
           "a: b:c\nd: e#f\nhttp://x: y\ng: -1\nh: (os=linux)\n",
           "deprecated: this: has a colon\n",
           "a:\n    b:\n        c: d\n    e: f\ng: h\n",
           "a: [1,\n  2]\n",
           "x: &anchor 1\ny: *anchor\n",
           "a: plain\n  continued\n",
           "",
           "- a\n- b\n",
       }) {
    const auto slow = parse_yaml_slowly(text, "f");
    const auto fast = scan_yaml(text, "f");
    const auto either = parse_yaml(text, "f");
    EXPECT_EQ(slow.has_value(), either.has_value()) << text;
    if (!fast || !slow) continue;
    ASSERT_EQ(fast->roots.size(), slow->roots.size()) << text;
    for (std::size_t i = 0; i < fast->roots.size(); ++i) expect_same(fast->roots[i], slow->roots[i], text);
  }
}

TEST(Yaml, WhatPackageManagersWriteNeedsNoFallback) {
  for (const char* const text :
       {"lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    "
        "devDependencies:\n"
        "      '@s/x':\n        specifier: ^1.0.0\n        version: 1.0.0(y@2.0.0)\n\npackages:\n\n  "
        "'@s/x@1.0.0':\n"
        "    resolution: {integrity: sha512-a+b/c==}\n    engines: {node: '>=18', npm: '>= 1'}\n    os: "
        "[linux, darwin]\n"
        "    deprecated: |-\n      gone\n      really\n\nsnapshots:\n\n  '@s/x@1.0.0(y@2.0.0)': {}\n",
        "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"a@npm:^1.0.0, a@npm:^1.1.0\":\n  version: 1.2.0\n"
        "  resolution: \"a@npm:1.2.0\"\n  dependencies:\n    b: \"npm:>=1 <2\"\n  checksum: 10c0/abc\n"
        "  conditions: os=linux & cpu=x64\n  languageName: node\n  linkType: hard\n"}) {
    const auto scanned = scan_yaml(text, "f");
    EXPECT_TRUE(scanned) << scanned.error().message;
  }
}

TEST(Yaml, UnusualYamlFallsBack) {
  const auto document =
      parse_yaml("base: &b {x: 1}\nuse:\n  <<: *b\n  text: plain\n    over two lines\n", "f");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->roots[0].get("use")->text_of("text"), "plain over two lines");
}

TEST(Yaml, HostileTexts) {
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_FALSE(parse_yaml(deep, "f"));
  EXPECT_FALSE(parse_yaml(std::string(100000, '['), "f"));
  EXPECT_FALSE(parse_yaml(std::string(100000, '{'), "f"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int j = 0; j < 9; ++j) bomb += ", " + below;
    bomb += "]\n";
  }
  EXPECT_FALSE(parse_yaml(bomb, "f"));
  const auto broken = parse_yaml("a: 1\nb: [x\n", "some.yaml");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("some.yaml:"));
}

}  // namespace
}  // namespace stillage::workspace
