// SPDX-License-Identifier: MIT
#include "os/state_file.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "os/checkout_dir.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

using test::TempDir;

constexpr StateFormat kFormat{"test", 1};

TEST(StateFile, EveryFlipAndEveryTruncationReadsAsNothing) {
  const TempDir dir;
  ASSERT_TRUE(StateFile::write(dir / "s", kFormat, "payload"));
  const std::string whole = dir.read("s");
  ASSERT_EQ(StateFile::read(dir / "s", kFormat)->payload(), "payload");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    dir.write("s", flipped);
    EXPECT_FALSE(StateFile::read(dir / "s", kFormat)) << i;
    dir.write("s", whole.substr(0, i));
    EXPECT_FALSE(StateFile::read(dir / "s", kFormat)) << i;
  }
}

TEST(StateFile, AnotherVersionOrKindReadsAsNothing) {
  const TempDir dir;
  ASSERT_TRUE(StateFile::write(dir / "s", kFormat, "payload"));
  EXPECT_FALSE(StateFile::read(dir / "s", {"test", 2}));
  EXPECT_FALSE(StateFile::read(dir / "s", {"tset", 1}));
  EXPECT_FALSE(StateFile::read(dir / "none", kFormat));
}

TEST(CheckoutDir, IsEmptiedWhenAnotherFolderLiesAtThePath) {
  const TempDir dir;
  ::setenv("XDG_CACHE_HOME", (dir / "cache").c_str(), 1);
  dir.make_dir("root");
  const auto folder = open_checkout_dir(dir / "root");
  ASSERT_TRUE(folder) << folder.error().message;
  ASSERT_TRUE(write_file_atomic(*folder + "/digests", "x"));
  EXPECT_EQ(*open_checkout_dir(dir / "root"), *folder);
  EXPECT_TRUE(read_file(*folder + "/digests"));
  dir.make_dir("other");  // so that the new folder can't get the old one's inode
  ASSERT_TRUE(remove_tree(dir / "root"));
  dir.make_dir("more");
  dir.make_dir("root");
  ASSERT_TRUE(open_checkout_dir(dir / "root"));
  EXPECT_FALSE(read_file(*folder + "/digests"));
}

}  // namespace
}  // namespace stillage::os
