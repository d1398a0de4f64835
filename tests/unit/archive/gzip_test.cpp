// SPDX-License-Identifier: MIT
#include "archive/gzip.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "archive/tgz_writer.h"
#include "os/command.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::archive {
namespace {

class Gzip : public ::testing::Test {
 protected:
  std::string zipped(std::string_view bytes, GzipEffort effort) {
    {
      const auto file = os::open_path(dir_ / "file.gz", O_WRONLY | O_CREAT | O_TRUNC);
      GzipWriter writer(file->get(), "file", effort);
      EXPECT_TRUE(writer.write(bytes));
      EXPECT_TRUE(writer.finish());
    }
    return dir_.read("file.gz");
  }
  Result<std::string> unzipped(std::string_view bytes, std::uint64_t limit = 64 << 20) {
    dir_.write("zipped", bytes);
    const auto file = os::open_path(dir_ / "zipped", O_RDONLY);
    std::string out;
    STILLAGE_TRY(gunzip(file->get(), "zipped", limit, [&](std::string_view piece) -> Status {
      out += piece;
      return {};
    }));
    return out;
  }

  test::TempDir dir_;
};

TEST_F(Gzip, GivesBackWhatItTook) {
  std::string noise(3'000'000, '\0');
  std::uint32_t seed = 1;
  for (char& byte : noise) byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(1 << 20, 'a'), noise})
    for (const GzipEffort effort : {GzipEffort::none, GzipEffort::usual}) {
      const auto back = unzipped(zipped(bytes, effort));
      ASSERT_TRUE(back) << back.error().message;
      EXPECT_TRUE(*back == bytes) << bytes.size();
    }
}

TEST_F(Gzip, IsWhatOthersTakeForOne) {
  (void)zipped("some bytes", GzipEffort::usual);
  const auto out =
      os::run_command({.argv = {"gzip", "-dc", "file.gz"}, .dir = dir_.path(), .env = os::environment()});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->out, "some bytes") << out->err;
}

TEST_F(Gzip, StreamsMayFollowOneAnother) {
  const std::string one = zipped("one ", GzipEffort::usual);
  const std::string two = zipped("two", GzipEffort::none);
  EXPECT_EQ(unzipped(one + two).value_or("damaged"), "one two");
}

TEST_F(Gzip, DamageIsNoticed) {
  const std::string whole = zipped(std::string(200'000, 'a') + "end", GzipEffort::usual);
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 50) {
    const auto back = unzipped(whole.substr(0, size));
    ASSERT_FALSE(back) << size;
    EXPECT_EQ(back.error().kind, ErrorKind::corrupt);
  }
  std::string changed = whole;
  changed[whole.size() - 6] ^= 1;  // of the checksum
  EXPECT_FALSE(unzipped(changed));
  EXPECT_FALSE(unzipped(whole + "more"));
}

TEST_F(Gzip, NoMoreIsUnpackedThanWasAskedFor) {
  const std::string bomb = zipped(std::string(8 << 20, '\0'), GzipEffort::usual);
  ASSERT_LT(bomb.size(), 10'000U);
  const auto back = unzipped(bomb, 1 << 20);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, ErrorKind::corrupt);
}

TEST_F(Gzip, APackageHasTheBytesThatWereAnnounced) {
  const auto file = os::open_path(dir_ / "file.gz", O_WRONLY | O_CREAT);
  TgzWriter package(file->get(), "file", GzipEffort::usual);
  ASSERT_TRUE(package.begin({.path = "a", .mode = 0644, .size = 5}));
  ASSERT_TRUE(package.write("four"));
  EXPECT_FALSE(package.end());
}

}  // namespace
}  // namespace stillage::archive
