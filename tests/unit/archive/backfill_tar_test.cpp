// SPDX-License-Identifier: MIT
// The headers of backfill's tars where the golden vectors (tests/compat/vectors/azure) have no case.
#include "archive/backfill_tar.h"

#include <gmock/gmock.h>

namespace stillage::archive {
namespace {

using ::testing::HasSubstr;

std::string headers_of(const BackfillTarFile& file) {
  std::string out;
  const Status done = append_backfill_headers(file, out);
  EXPECT_TRUE(done) << done.error().message;
  return out;
}

std::string field(const std::string& headers, std::size_t at, std::size_t size) {
  return headers.substr(at, size);
}

std::string time_of(std::int64_t mtime_ns) {
  return field(headers_of({.path = "a", .mtime_ns = mtime_ns}), 136, 12);
}

TEST(BackfillTar, TimesAreThoseThatJavaScriptComesTo) {
  EXPECT_EQ(time_of(0), "00000000000 ");
  EXPECT_EQ(time_of(8'000'000'000), "00000000010 ");
  // Half a millisecond before the next second is the next second.
  EXPECT_EQ(time_of(7'999'499'999), "00000000007 ");
  EXPECT_EQ(time_of(7'999'500'001), "00000000010 ");
  EXPECT_EQ(time_of(-8'000'000'000), "00000000-10 ");
  EXPECT_EQ(time_of(-8'900'000'000), "00000000-10 ");
  // After 32 bits it begins again.
  EXPECT_EQ(time_of(2'147'483'647'000'000'000), "17777777777 ");
  EXPECT_EQ(time_of(2'147'483'648'000'000'000), "77777777777 ");
}

TEST(BackfillTar, NumbersThatDoNotFitAreSevens) {
  const std::string headers = headers_of({.path = "a", .mode = 0104755, .uid = 0777777, .gid = 01000000});
  EXPECT_EQ(field(headers, 100, 8), std::string("004755 \0", 8));
  EXPECT_EQ(field(headers, 108, 8), std::string("777777 \0", 8));
  EXPECT_EQ(field(headers, 116, 8), std::string("777777 \0", 8));
}

TEST(BackfillTar, LongNamesAreCutAtTheFirstSlashThatWillDo) {
  const std::string fits = std::string(49, 'a') + "/" + std::string(50, 'b');
  EXPECT_EQ(headers_of({.path = fits}).substr(0, 100), fits);
  const std::string longer = "x/" + std::string(99, 'a');
  EXPECT_EQ(headers_of({.path = longer}).substr(0, 100), std::string(99, 'a') + '\0');
  EXPECT_EQ(headers_of({.path = longer}).substr(345, 2), std::string("x\0", 2));
  const std::string prefix(155, 'p');
  EXPECT_EQ(headers_of({.path = prefix + "/a"}).size(), 512U);
  EXPECT_EQ(headers_of({.path = prefix + "p/a"}).size(), 3 * 512U);
  EXPECT_EQ(headers_of({.path = "a/" + std::string(101, 'n')}).size(), 3 * 512U);
}

TEST(BackfillTar, RecordsCountTheirOwnLength) {
  for (const std::size_t size : {std::size_t{92}, std::size_t{93}, std::size_t{94}, std::size_t{990},
                                 std::size_t{991}, std::size_t{992}}) {
    const std::string path = "\xc3\xa9" + std::string(size, 'x');
    const std::string headers = headers_of({.path = path});
    const std::size_t length = std::strtoull(headers.c_str() + 512, nullptr, 10);
    EXPECT_EQ(headers[512 + length - 1], '\n') << size;
    EXPECT_EQ(headers[512 + length], '\0') << size;
    EXPECT_EQ(std::strtoull(headers.c_str() + 124, nullptr, 8), length) << size;
  }
}

TEST(BackfillTar, WhatItCannotHoldIsAnError) {
  std::string out;
  const auto not_utf8 = append_backfill_headers({.path = "a\xff"}, out);
  ASSERT_FALSE(not_utf8);
  EXPECT_EQ(not_utf8.error().kind, ErrorKind::invalid);
  EXPECT_THAT(not_utf8.error().message, HasSubstr("a\\xff"));
  EXPECT_FALSE(append_backfill_headers({.path = "a", .is_link = true, .link = "\xc3"}, out));
  const auto large = append_backfill_headers({.path = "a", .size = 1ULL << 33}, out);
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().message, HasSubstr("8 GiB"));
  EXPECT_TRUE(append_backfill_headers({.path = "a", .size = (1ULL << 33) - 1}, out));
}

}  // namespace
}  // namespace stillage::archive
