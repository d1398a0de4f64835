// SPDX-License-Identifier: MIT
#include "config/upwards.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using testing::ElementsAre;

TEST(Upwards, NearestFirst) {
  const test::TempDir dir;
  dir.write("unlikely.name", "");
  dir.write("a/unlikely.name", "");
  dir.make_dir("a/b/unlikely.name");
  dir.write("a/b/c/real", "");
  dir.symlink("a/b/c/unlikely.name", "real");
  dir.make_dir("a/b/c/d");
  EXPECT_THAT(find_all_upwards(dir / "a/b/c/d", "unlikely.name"),
              ElementsAre(dir / "a/b/c/unlikely.name", dir / "a/unlikely.name", dir / "unlikely.name"));
  EXPECT_EQ(find_upwards(dir / "a/b", "unlikely.name"), dir / "a/unlikely.name") << "folders are no files";
}

TEST(Upwards, EndsAtTheTop) {
  EXPECT_EQ(find_upwards("/", "unlikely.name"), std::nullopt);
  EXPECT_EQ(find_upwards("/dev", "null"), std::nullopt) << "devices are no files";
  EXPECT_THAT(find_all_upwards("/", "unlikely.name"), ElementsAre());
}

}  // namespace
}  // namespace stillage::config
