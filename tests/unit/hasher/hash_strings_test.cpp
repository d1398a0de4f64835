// SPDX-License-Identifier: MIT
// What the golden vectors (tests/compat) do not say of the order in which lage hashes texts.
#include "hasher/hash_strings.h"

#include <gtest/gtest.h>

#include <clocale>
#include <random>

#include "base/utf16.h"
#include "hasher/collation.h"
#include "hasher/json_text.h"

namespace stillage::hasher {
namespace {

int sign(int value) {
  return (value > 0) - (value < 0);
}

std::string random_ascii(std::mt19937& random) {
  std::string text;
  for (std::size_t size = random() % 8; size > 0; --size) text += static_cast<char>(random() % 128);
  return text;
}

TEST(Collation, TheTableOfAsciiIsIcusOrder) {
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const std::string a = random_ascii(random);
    // Often one that differs little.
    std::string b = random() % 2 == 0 ? random_ascii(random) : a;
    if (!b.empty() && random() % 2 == 0) b[random() % b.size()] ^= 0x20;
    ASSERT_EQ(sign(compare_collated_ascii(a, b)),
              sign(compare_collated_units(base::to_utf16(a), base::to_utf16(b))))
        << testing::PrintToString(a) << " and " << testing::PrintToString(b);
  }
}

TEST(Collation, DoesNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "da_DK.UTF-8");
  EXPECT_LT(compare_collated("aa", "b"), 0);
  EXPECT_LT(compare_collated("a\xC3\xA9", "b\xC3\xA9"), 0);
  std::setlocale(LC_ALL, before.c_str());
}

TEST(HashStrings, TextsThatCompareEqualStayInTheirOrder) {
  const std::string composed = "\xC3\xA9";
  const std::string decomposed = "e\xCC\x81";
  EXPECT_EQ(compare_collated(composed, decomposed), 0);
  EXPECT_NE(hash_strings({composed, decomposed}), hash_strings({decomposed, composed}));
  EXPECT_EQ(backfill_hash_strings({composed, decomposed}), backfill_hash_strings({decomposed, composed}));
}

TEST(HashStrings, WhatIsNotUtf8IsHashedAsNodeDecodesIt) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(hash_strings({"\xED\xA0\x80"}), hash_strings({replaced})) << "a lone surrogate is one character";
  EXPECT_EQ(hash_strings({"a\xFFz"}), hash_strings({"a" + replaced + "z"}));
  EXPECT_EQ(hash_strings({"\xF0\x9F\x98"}), hash_strings({replaced})) << "a cut character is one";
  EXPECT_EQ(hash_strings({"\xE0\x80\x80"}), hash_strings({replaced + replaced + replaced}));
}

TEST(Utf16, CodeUnitsOrderOtherThanBytes) {
  const std::string astral = "\xF0\x9F\x98\x80";  // D83D DE00
  const std::string wide = "\xEF\xBC\xA1";        // FF21
  const std::string lone = "\xED\xA0\x80";        // D800
  EXPECT_LT(base::compare_code_units(astral, wide), 0);
  EXPECT_LT(base::compare_code_units(lone, astral), 0);
  EXPECT_LT(base::compare_code_units("z", astral), 0);
  EXPECT_EQ(base::compare_code_units(astral, astral), 0);
}

TEST(Utf16, TwoLoneSurrogatesSideBySideAreAPair) {
  EXPECT_EQ(base::to_well_formed("\xED\xA0\xBD\xED\xB8\x80"), "\xF0\x9F\x98\x80");
}

TEST(JsonText, IsThatOfJsonStringify) {
  EXPECT_EQ(json_text(std::nullopt), "undefined");
  EXPECT_EQ(json_text(std::vector<std::string>{}), "[]");
  EXPECT_EQ(json_text(std::vector<std::string>{"--a=\"b\\\"", "\n\x01\x7F\xC3\xA9/"}),
            "[\"--a=\\\"b\\\\\\\"\",\"\\n\\u0001\x7F\xC3\xA9/\"]");
  EXPECT_EQ(json_text(std::vector<std::string>{"\xED\xA0\x80x\xED\xBF\xBF"}), "[\"\\ud800x\\udfff\"]");
}

}  // namespace
}  // namespace stillage::hasher
