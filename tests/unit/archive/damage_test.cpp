// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <random>

#include "entry_builder.h"

namespace stillage::archive {
namespace {

using test::read_all;

std::string small_entry() {
  const std::map<std::string, std::string> contents = {{"dist/a.js", "console.log(1)\n"}, {"dist/b.js", "b"}};
  std::vector<Output> outputs = {test::file_output("dist/a.js", contents.at("dist/a.js"), 0755),
                                 test::file_output("dist/b.js", contents.at("dist/b.js")),
                                 {.path = "dist/link", .kind = OutputKind::symlink, .link = "a.js"}};
  Manifest manifest = test::manifest_of(outputs);
  manifest.log = {{LogStream::out, "built\n"}};
  return test::entry_of(manifest, test::files_tar(outputs, contents));
}

TEST(Damage, TheSmallEntryIsGood) {
  const auto result = read_all(small_entry());
  EXPECT_TRUE(result.verified);
  EXPECT_TRUE(result.read) << result.read.error().message;
  EXPECT_EQ(result.sink.files.size(), 2U);
}

// The digest finds each of them. Without it, nothing may crash, and no damaged file may come out (KeepFiles
// looks).
TEST(Damage, EveryFlippedBitIsFound) {
  const std::string entry = small_entry();
  for (std::size_t i = 0; i < entry.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = entry;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const auto result = read_all(damaged);
      ASSERT_FALSE(result.verified) << i << " " << bit;
      ASSERT_EQ(result.verified.error().kind, ErrorKind::corrupt);
    }
  }
}

TEST(Damage, EveryTruncationIsFound) {
  const std::string entry = small_entry();
  for (std::size_t size = 0; size < entry.size(); ++size) {
    const auto result = read_all(std::string_view(entry).substr(0, size));
    ASSERT_FALSE(result.verified) << size;
    ASSERT_EQ(result.verified.error().kind, ErrorKind::corrupt);
    ASSERT_FALSE(result.read) << size;
    ASSERT_EQ(result.read.error().kind, ErrorKind::corrupt) << result.read.error().message;
  }
}

TEST(Damage, WhatIsAppendedOrForeignIsFound) {
  const std::string entry = small_entry();
  EXPECT_FALSE(read_all(entry + '\0').verified);
  EXPECT_FALSE(read_all(entry + entry).verified);
  EXPECT_FALSE(read_all("").verified);
  EXPECT_FALSE(read_all(std::string(10'000, '\0')).verified);
  EXPECT_FALSE(read_all("<html>404</html>").read);
  EXPECT_FALSE(read_all(std::string(3 << 20, 'x')).verified);
}

TEST(Damage, DigestsOfAllSizesOfFilesAreRight) {
  // Around the size of the pieces in which verify() reads.
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{(1 << 20) - 24}, std::size_t{(1 << 20) - 23},
        std::size_t{(1 << 20) - 1}, std::size_t{1 << 20}, std::size_t{(1 << 20) + 1}, std::size_t{3 << 20}}) {
    std::string bytes = test::sealed(std::string(size, 'x'));
    EXPECT_TRUE(read_all(bytes).verified) << size;
    bytes[size / 2] = static_cast<char>(bytes[size / 2] ^ 1);
    EXPECT_FALSE(read_all(bytes).verified) << size;
  }
}

// As a hostile sender would do it: damage anywhere, and the right digest after it.
TEST(Damage, RandomDamageWithARightDigestNeverGivesWrongFiles) {
  const std::string entry = small_entry();
  const std::string bare = entry.substr(0, entry.size() - 24);
  std::mt19937 random(20260131);
  for (int round = 0; round < 4000; ++round) {
    std::string damaged = bare;
    for (unsigned count = 1 + random() % 3; count > 0; --count)
      damaged[random() % bare.size()] = static_cast<char>(random());
    const auto result = read_all(test::sealed(damaged));
    EXPECT_TRUE(result.verified);
    for (const auto& [path, content] : result.sink.files) EXPECT_LE(content.size(), 15U);
  }
}

}  // namespace
}  // namespace stillage::archive
