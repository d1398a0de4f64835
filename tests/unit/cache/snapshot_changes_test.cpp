// SPDX-License-Identifier: MIT
// Two processes are two objects here: what they share is the file.
#include "cache/snapshot_changes.h"

#include <gtest/gtest.h>

#include "cache/snapshots.h"
#include "support/temp_dir.h"

namespace stillage::cache {
namespace {

class Changes : public testing::Test {
 protected:
  test::TempDir dir_;
  std::string file_ = dir_ / "changed";
  SnapshotChanges ours_{file_};
  SnapshotChanges theirs_{file_};
};

TEST_F(Changes, OfOthersAreSeenAndOwnOnesAreNot) {
  EXPECT_EQ(ours_.by_others(), SnapshotChanges::kNone);
  ASSERT_TRUE(theirs_.tell());
  const auto after_theirs = ours_.by_others();
  EXPECT_NE(after_theirs, SnapshotChanges::kNone);
  ASSERT_TRUE(ours_.tell());
  EXPECT_EQ(ours_.by_others(), after_theirs);
  ASSERT_TRUE(theirs_.tell());
  EXPECT_NE(ours_.by_others(), after_theirs);
}

TEST_F(Changes, AFileThatIsNotOursAnyMoreReadsAsAChange) {
  ASSERT_TRUE(theirs_.tell());
  auto before = ours_.by_others();
  dir_.write("changed", "");
  EXPECT_NE(ours_.by_others(), before) << "cut";
  before = ours_.by_others();
  ASSERT_TRUE(os::remove_tree(file_));
  EXPECT_NE(ours_.by_others(), before) << "removed";
  before = ours_.by_others();
  ASSERT_TRUE(theirs_.tell());
  EXPECT_NE(ours_.by_others(), before) << "told in a new file";
}

TEST_F(Changes, AFileThatHasGrownBeginsAnew) {
  dir_.write("changed", std::string((1 << 20) + 1, '+'));
  SnapshotChanges late{file_};
  ASSERT_TRUE(theirs_.tell());
  EXPECT_NE(late.by_others(), SnapshotChanges::kNone);
  EXPECT_EQ(dir_.read("changed").size(), 1U);
}

TEST_F(Changes, ThatNobodyCouldBeToldOfAreErrors) {
  dir_.make_dir("changed/with");
  SnapshotChanges told_by_absence{file_};
  EXPECT_TRUE(told_by_absence.tell()) << "what is in the way is removed, and its absence is the news";
  SnapshotChanges nowhere{"/proc/changed"};
  EXPECT_TRUE(nowhere.tell()) << "there is nothing that others could have looked at";
}

TEST(SnapshotKeys, AreThoseOnDiskWhoeverWroteThem) {
  const test::TempDir dir;
  Snapshots ours(dir.path());
  Snapshots theirs(dir.path());
  const auto draft = [](const std::string& key) {
    SnapshotDraft with_key;
    with_key.target = "a#build";
    with_key.package_dir = "packages/a";
    with_key.key = key;
    return with_key;
  };
  const auto key_now = [&] {
    return ours.key_of("a#build", ours.changes_by_others(),
                       [] { return std::optional<std::string>("packages/a"); });
  };
  EXPECT_FALSE(key_now());
  ASSERT_TRUE(ours.save(draft("1")));
  EXPECT_EQ(key_now(), "1");
  ASSERT_TRUE(theirs.save(draft("2")));
  EXPECT_EQ(key_now(), "2");
  ASSERT_TRUE(ours.save(draft("3")));
  EXPECT_EQ(key_now(), "3");
  ASSERT_TRUE(theirs.save(draft("")));
  EXPECT_EQ(key_now(), "");
  theirs.remove("packages/a", "a#build");
  EXPECT_FALSE(key_now());
}

TEST(SnapshotKeys, AreLookedUpOnceForAsLongAsOthersChangeNothing) {
  const test::TempDir dir;
  Snapshots ours(dir.path());
  int asked = 0;
  for (int i = 0; i < 3; ++i)
    ours.key_of("a#build", ours.changes_by_others(), [&] {
      ++asked;
      return std::optional<std::string>("packages/a");
    });
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace stillage::cache
