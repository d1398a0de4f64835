// SPDX-License-Identifier: MIT
#include "os/scratch_dir.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::os {
namespace {

TEST(ScratchDir, GoesWithItsObject) {
  test::TempDir dir;
  std::string path;
  {
    auto made = ScratchDir::make(dir / "new/place");
    ASSERT_TRUE(made) << made.error().message;
    const ScratchDir scratch = std::move(*made);
    path = scratch.path();
    ASSERT_TRUE(is_directory(path));
    struct stat stat;
    ASSERT_EQ(::stat(path.c_str(), &stat), 0);
    EXPECT_EQ(stat.st_mode & 0777, 0700U);
    ASSERT_TRUE(write_file_atomic(scratch / "file", "content"));
  }
  EXPECT_FALSE(exists(path));
}

TEST(ScratchDir, TakesAwayWhatAKilledProcessHasLeft) {
  test::TempDir dir;
  auto mine = ScratchDir::make(dir.path());
  ASSERT_TRUE(mine);
  const std::string left = dir / temp_name();
  ASSERT_TRUE(make_dirs(left + "/deep"));
  dir.make_dir(".stillage-of-a-user");
  const std::string fresh = dir / temp_name();
  ASSERT_TRUE(make_dirs(fresh));
  for (const std::string& path : {left, mine->path(), dir / ".stillage-of-a-user"}) {
    const timespec times[2] = {{0, UTIME_OMIT}, {1, 0}};  // long ago
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  ASSERT_TRUE(ScratchDir::make(dir.path()));
  EXPECT_FALSE(exists(left));
  // One that has been made only now may be about to be locked.
  EXPECT_TRUE(exists(fresh));
  EXPECT_TRUE(exists(mine->path()));
  EXPECT_TRUE(dir.exists(".stillage-of-a-user"));
}

TEST(ScratchDir, HasAPlaceByDefault) {
  const auto made = ScratchDir::make();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(is_directory(made->path()));
}

}  // namespace
}  // namespace stillage::os
