// SPDX-License-Identifier: MIT
#include "watch/mounts.h"

#include <gmock/gmock.h>

namespace stillage::watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kRoot = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
constexpr const char* kHome = "30 22 8:2 / /home rw shared:2 master:7 - xfs /dev/sda2 rw\n";
constexpr const char* kShare = "31 30 0:40 / /home/me/my\\040share rw - nfs4 server:/x rw\n";
constexpr const char* kOther = "32 22 0:41 / /mnt/other rw - fuse.sshfs me@there: rw\n";

std::string all() {
  return std::string(kRoot) + kHome + kShare + kOther;
}

TEST(Mounts, AreThoseThatAFolderLiesOnAndThoseBeneathIt) {
  const Mounts mounts = mounts_of(all(), {"/home/me/repo"});
  EXPECT_EQ(mounts.described, kHome);
  EXPECT_THAT(mounts.obstacle, IsEmpty());
  EXPECT_THAT(mounts_of(all(), {"/home/me"}).described, HasSubstr("my\\040share"));
  EXPECT_THAT(mounts_of(all(), {"/srv"}).described, kRoot);
  EXPECT_THAT(mounts_of(all(), {"/homes"}).described, kRoot);
}

TEST(Mounts, OfOtherMachinesAndProgramsAreAnObstacle) {
  EXPECT_THAT(mounts_of(all(), {"/home/me/my share/repo"}).obstacle, HasSubstr("nfs4"));
  EXPECT_THAT(mounts_of(all(), {"/srv", "/mnt/other/deep"}).obstacle, HasSubstr("fuse.sshfs"));
  EXPECT_THAT(mounts_of(all(), {"/mnt"}).obstacle, Not(IsEmpty()));
  EXPECT_THAT(mounts_of("9 1 0:3 / / rw - overlay overlay rw\n", {"/x"}).obstacle, HasSubstr("overlay"));
}

TEST(Mounts, CoverEachOther) {
  const std::string covered = all() + "33 30 0:50 / /home rw - cifs //there/x rw\n";
  EXPECT_THAT(mounts_of(covered, {"/home/me/repo"}).obstacle, HasSubstr("cifs"));
  EXPECT_NE(mounts_of(covered, {"/home/me/repo"}).described, mounts_of(all(), {"/home/me/repo"}).described);
}

TEST(Mounts, WithoutATableNothingIsCertain) {
  EXPECT_THAT(mounts_of("", {"/x"}).obstacle, Not(IsEmpty()));
  EXPECT_THAT(mounts_of("nonsense\n1 2 3\n", {"/x"}).obstacle, Not(IsEmpty()));
}

TEST(Mounts, OfThisProcessCanBeRead) {
  const auto mounts = read_mounts({"/"});
  ASSERT_TRUE(mounts);
  EXPECT_THAT(mounts->described, Not(IsEmpty()));
  EXPECT_THAT(mount_namespace(), HasSubstr("mnt:"));
}

}  // namespace
}  // namespace stillage::watch
