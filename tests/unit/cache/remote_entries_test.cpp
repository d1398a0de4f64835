// SPDX-License-Identifier: MIT
#include "cache/remote_entries.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "cache/store.h"
#include "support/memory_store.h"
#include "support/temp_dir.h"

namespace stillage::cache {
namespace {

using testing::ElementsAre;

const std::string kKey(64, 'a');
const std::string kOther = std::string(63, 'a') + "b";

TEST(RemoteEntries, OnlyBlobsOfOurFormAreEntries) {
  const auto entry = parse_remote_entry("v1/" + kKey);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->zone, "");
  EXPECT_EQ(entry->key, kKey);
  EXPECT_EQ(parse_remote_entry("zones/pr/v1/" + kKey)->zone, "pr");
  EXPECT_EQ(parse_remote_entry(remote_blob("pr", kKey))->key, kKey);
  EXPECT_EQ(parse_remote_entry(remote_blob("", kKey))->blob, "v1/" + kKey);
  const std::vector<std::string> foreign_names = {
      "v1/doctor-1",       "v1/" + kKey + "0", "v1/A" + kKey.substr(1), "v2/" + kKey, kKey,
      "zones//v1/" + kKey, "zones/v1/" + kKey, "zones/a/b/v1/" + kKey,  std::string()};
  for (const std::string& foreign : foreign_names) EXPECT_FALSE(parse_remote_entry(foreign)) << foreign;
}

TEST(RemoteEntries, AreListedByZone) {
  test::MemoryStore store;
  const std::vector<std::string> all = {"v1/" + kKey, "v1/notes", "zones/pr/v1/" + kKey,
                                        "zones/main/v1/" + kOther, std::string("other")};
  for (const std::string& blob : all) store.blobs[blob] = "12345";
  const auto names = [&](const std::optional<std::string>& zone) {
    std::vector<std::string> blobs;
    const auto entries = list_remote_entries(store, zone);
    EXPECT_TRUE(entries);
    if (!entries) return blobs;
    for (const RemoteEntry& entry : *entries) {
      blobs.push_back(entry.blob);
      EXPECT_EQ(entry.size, 5U);
    }
    return blobs;
  };
  EXPECT_THAT(names({}), ElementsAre("v1/" + kKey, "zones/main/v1/" + kOther, "zones/pr/v1/" + kKey));
  EXPECT_THAT(names(""), ElementsAre("v1/" + kKey));
  EXPECT_THAT(names("pr"), ElementsAre("zones/pr/v1/" + kKey));
}

TEST(RemoteEntries, WhatIsNoEntryIsDamagedAndLeavesNothingBehind) {
  const test::TempDir dir;
  test::MemoryStore store;
  const RemoteEntry entry = *parse_remote_entry("v1/" + kKey);
  for (const std::string& bytes : {std::string(), std::string("<html>"), std::string(100'000, 'x')}) {
    store.blobs[entry.blob] = bytes;
    const auto found = verify_remote_entry(store, entry, dir.path());
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->verdict, RemoteVerdict::damaged);
    EXPECT_NE(found->reason, "");
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  }
  store.blobs.clear();
  EXPECT_EQ(verify_remote_entry(store, entry, dir.path())->verdict, RemoteVerdict::gone);
  store.before = [](const std::string&, const std::stop_token&) -> blob::Outcome<void> {
    return net::failure(blob::FailureKind::transient, "it is off");
  };
  const auto failed = verify_remote_entry(store, entry, dir.path());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "it is off");
}

TEST(Store, ForgetsAllNamesOfAKeyAndNoOther) {
  const test::TempDir dir;
  const auto store = Store::open(dir / "store", {});
  ASSERT_TRUE(store) << store.error().message;
  const auto add = [&](const std::string& name) {
    const std::string path = (*store)->temp_folder() + "/" + name;
    dir.write("store/tmp/" + name, "bytes");
    EXPECT_TRUE((*store)->install(path, name).value_or(false)) << name;
  };
  const std::string bound = entry_name(kKey, "a#build", "/repo");
  const std::string free = entry_name(kKey, "a#build", "");
  const std::string other = entry_name(kOther, "a#build", "");
  for (const std::string& name : {bound, free, other}) add(name);
  const auto report = (*store)->remove_key(kKey);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->removed, 2U);
  EXPECT_EQ(report->left_bytes, 5U);
  EXPECT_TRUE((*store)->open_entry(other).value_or(std::nullopt));
  EXPECT_FALSE((*store)->open_entry(free).value_or(std::nullopt));
}

}  // namespace
}  // namespace stillage::cache
