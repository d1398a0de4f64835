// SPDX-License-Identifier: MIT
// The folder of entries: first writer wins, nothing partial, least recently used goes first.
#include "cache/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class StoreTest : public CacheTest {
 protected:
  StoreTest() { open(); }
  /// One entry of about `size` bytes that do not compress, last used `age` ago.
  std::string add(char digit, std::size_t size, std::chrono::seconds age = {}) {
    const Target a = target("a#build");
    run(a, key(digit), [&] {
      std::string noise;
      std::uint64_t state = static_cast<std::uint64_t>(digit);
      while (noise.size() < size) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        noise.push_back(static_cast<char>(state >> 33));
      }
      base_.write("checkout/packages/a/dist/noise", noise);
    });
    std::string name;
    for (const std::string& path : entries())
      if (path.find(key(digit)) != std::string::npos) name = path;
    const auto then = base::now_ns() - std::chrono::nanoseconds(age).count();
    const timespec times[2] = {{then / 1'000'000'000, then % 1'000'000'000},
                               {then / 1'000'000'000, then % 1'000'000'000}};
    EXPECT_EQ(::utimensat(AT_FDCWD, name.c_str(), times, 0), 0);
    return name;
  }
};

TEST_F(StoreTest, IsPrivate) {
  struct stat st;
  ASSERT_EQ(::stat((base_ / "store").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700U);
}

TEST_F(StoreTest, AFolderThatEverybodyMayWriteToIsRefused) {
  ::chmod((base_ / "store").c_str(), 0777);
  const auto store = cache::Store::open(base_ / "store", std::nullopt);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::auth);
}

TEST_F(StoreTest, AFolderOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::chown((base_ / "store").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(cache::Store::open(base_ / "store", std::nullopt));
}

TEST_F(StoreTest, TheFirstWriterWins) {
  base_.write("store/tmp/one", "first");
  base_.write("store/tmp/two", "second");
  const std::string name = cache::entry_name(key('1'), "a#build", "");
  EXPECT_TRUE(*store_->install(base_ / "store/tmp/one", name));
  EXPECT_FALSE(*store_->install(base_ / "store/tmp/two", name));
  EXPECT_EQ(*os::read_file(only_entry()), "first");
}

TEST_F(StoreTest, NamesKeepKeysTargetsAndCheckoutsApart) {
  std::set<std::string> names;
  for (const std::string& hash : {key('1'), std::string("not hex/../x"), std::string()})
    for (const char* target : {"a#build", "a#test"})
      for (const char* bound_to : {"", "/repo", "/repo2"})
        names.insert(cache::entry_name(hash, target, bound_to));
  EXPECT_EQ(names.size(), 18U);
  for (const std::string& name : names)
    EXPECT_EQ(name.find_first_not_of("0123456789abcdef-"), std::string::npos);
}

TEST_F(StoreTest, WhatWasUsedLongestAgoGoesFirst) {
  const auto oldest = add('1', 10'000, std::chrono::hours(30));
  const auto newest = add('2', 10'000, std::chrono::hours(1));
  const auto middle = add('3', 10'000, std::chrono::hours(20));
  const auto report = store_->prune(25'000);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->removed, 1U);
  EXPECT_LE(report->left_bytes, 25'000U);
  EXPECT_EQ(entries(), (std::vector<std::string>{newest, middle}));
  EXPECT_EQ(store_->usage()->bytes, report->left_bytes);
}

TEST_F(StoreTest, UseIsStampedAtMostHourly) {
  const auto path = add('1', 100, std::chrono::hours(30));
  const auto stamp = [&] { return *os::access_time_ns(os::open_path(path, O_PATH)->get()); };
  const auto old = stamp();
  EXPECT_TRUE(hits(target("a#build"), key('1')));
  const auto stamped = stamp();
  EXPECT_GT(stamped, old);
  EXPECT_TRUE(hits(target("a#build"), key('1')));
  EXPECT_EQ(stamp(), stamped);
}

TEST_F(StoreTest, ARunThatStoresKeepsTheCap) {
  cap_ = 50'000;
  open();
  for (const char digit : {'1', '2', '3', '4', '5', '6', '7', '8'})
    add(digit, 10'000, std::chrono::hours('9' - digit));
  open();
  EXPECT_LE(store_->usage()->bytes, 45'000U);
  EXPECT_GE(store_->usage()->entries, 3U);
  EXPECT_TRUE(hits(target("a#build"), key('8')));
  EXPECT_FALSE(hits(target("a#build"), key('1')));
}

TEST_F(StoreTest, PurgeGoesByLastUse) {
  add('1', 100, std::chrono::hours(24 * 10));
  add('2', 100, std::chrono::hours(24 * 2));
  ASSERT_TRUE(provider_->purge(5));
  EXPECT_EQ(entries().size(), 1U);
  ASSERT_TRUE(provider_->clear());
  EXPECT_TRUE(entries().empty());
}

TEST_F(StoreTest, AtMostTenAreQuarantined) {
  for (int i = 0; i < 15; ++i) {
    add('1', 100);
    ASSERT_EQ(::truncate(only_entry().c_str(), 50), 0);
    EXPECT_FALSE(hits(target("a#build"), key('1')));
    EXPECT_TRUE(entries().empty());
  }
  EXPECT_EQ(os::list_dir(base_ / "store/quarantine")->size(), 10U);
}

TEST_F(StoreTest, AnEntryThatTookTheDamagedOnesPlaceIsNotQuarantined) {
  add('1', 100);
  const std::string name = cache::entry_name(key('1'), "a#build", "");
  const auto opened = store_->open_entry(name);
  ASSERT_TRUE(opened && *opened);
  ASSERT_TRUE(os::write_file_atomic(only_entry(), "another"));
  store_->quarantine(name, (*opened)->mark, "a test");
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(StoreTest, ListAndVerifyTellOfEachEntry) {
  add('1', 1000);
  const auto damaged = add('2', 1000);
  const auto listed = store_->list();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ(listed->front().key, key('1'));
  EXPECT_EQ(listed->front().target, "a#build");
  EXPECT_GT(listed->front().size, 1000U);
  EXPECT_TRUE(store_->verify()->empty());
  ASSERT_EQ(::truncate(damaged.c_str(), 900), 0);
  const auto found = store_->verify();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(StoreTest, WhatCrashedWritersLeftIsSwept) {
  base_.write("store/tmp/.stillage-1-1-1", "left");
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (base_ / "store/tmp/.stillage-1-1-1").c_str(), times, 0), 0);
  add('1', 100);
  close();
  EXPECT_FALSE(base_.exists("store/tmp/.stillage-1-1-1"));
  EXPECT_TRUE(os::list_dir(base_ / "store/tmp")->empty());
}

}  // namespace
}  // namespace stillage::test
