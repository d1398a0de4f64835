// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/strings.h"

namespace stillage::base {
namespace {

TEST(Digest, KnownAnswers) {
  EXPECT_EQ(to_hex(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(git_blob_id("")), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(to_hex(git_blob_id("hello\n")), "ce013625030ba8dba906f756967f9e9ca394464a");
  EXPECT_EQ(to_hex(xxh128("")), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, StreamingEqualsOneShot) {
  Xxh128 hash;
  hash.update("ab");
  hash.update("c");
  EXPECT_EQ(hash.finish(), xxh128("abc"));
}

TEST(Hex, RefusesWrongLengthAndDigits) {
  std::uint8_t two[2];
  EXPECT_TRUE(from_hex("0aFF", two));
  EXPECT_EQ(two[0], 0x0a);
  EXPECT_EQ(two[1], 0xff);
  EXPECT_FALSE(from_hex("0af", two));
  EXPECT_FALSE(from_hex("0agf", two));
}

TEST(Base64, RoundTripsAndRefusesGarbage) {
  EXPECT_EQ(to_base64url(std::string("\xfb\xff\xfe\xff", 4)), "-__-_w");
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) EXPECT_EQ(from_base64(to_base64(text)), text);
  for (const std::string text : {"a", "ab=c", "====", "ab\n=", "a==="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

TEST(Bytes, ReaderNeverReadsPastTheEnd) {
  ByteWriter writer;
  writer.u32(7);
  writer.text("abc");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.u32(), 7U);
  EXPECT_EQ(reader.text(), "abc");
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.u64(), 0U);
  EXPECT_FALSE(reader.ok());

  ByteWriter huge;
  huge.u64(UINT64_MAX);
  ByteReader hostile(huge.bytes());
  EXPECT_EQ(hostile.text(), "");
  EXPECT_FALSE(hostile.ok());
}

TEST(Strings, Utf8) {
  EXPECT_TRUE(is_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\xFF", "\xF4\x90\x80\x80"})
    EXPECT_FALSE(is_utf8(bad));
  EXPECT_EQ(printable("a\x1b[31m\xff"), "a\\x1b[31m\\xff");
}

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_EQ(split(",a,", ','), (std::vector<std::string_view>{"", "a", ""}));
  EXPECT_EQ(trim(" \ta \n"), "a");
  EXPECT_EQ(nearest_name("bulid", {"build", "test"}), "build");
  EXPECT_EQ(nearest_name("zzz", {"build", "test"}), std::nullopt);
}

TEST(Json, JsoncHasNoCommasWithoutValues) {
  for (const char* const text : {"{,}", "[,]", "[1,,]", "{\"a\":,}", "[/* x */ ,]"})
    EXPECT_FALSE(parse_json(text, "f", JsonDialect::jsonc)) << text;
}

TEST(Json, JsoncAllowsCommentsTrailingCommasAndByteOrderMark) {
  const auto value =
      parse_json("\xEF\xBB\xBF{ // c\n \"a\": [1, 2, /* x */ ], \"b\": \"//\", }", "f", JsonDialect::jsonc);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(to_text(*value), R"({"a":[1,2],"b":"//"})");
}

TEST(Json, ErrorsNameFileLineAndColumn) {
  const auto value = parse_json("{\n  \"a\": x\n}", "f.json");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message, "f.json:2:8: not valid JSON");
  EXPECT_FALSE(parse_json(std::string(100000, '['), "deep"));
}

TEST(Clock, IsoTime) {
  EXPECT_EQ(iso_time(1'600'000'000'123'000'000), "2020-09-13T12:26:40.123Z");
}

}  // namespace
}  // namespace stillage::base
