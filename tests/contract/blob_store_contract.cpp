// SPDX-License-Identifier: MIT
#include "contract/blob_store_contract.h"

#include "contract/blob_store_contract_support.h"

namespace stillage::test {

using blob::FailureKind;
using blob::Outcome;
using blob::PutMode;
using blob::PutOptions;
using blob::PutOutcome;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

PutOptions BlobStoreContract::usual() const {
  return {.mode = store_->traits().overwrite ? PutMode::replace : PutMode::if_absent, .metadata = {}};
}

Outcome<PutOutcome> BlobStoreContract::put(const std::string& key, std::string_view bytes) {
  return put(key, bytes, usual());
}

Outcome<PutOutcome> BlobStoreContract::put(const std::string& key, std::string_view bytes,
                                           const PutOptions& options) {
  net::MemorySource source(bytes);
  return store_->put(key, source, options);
}

std::optional<std::string> BlobStoreContract::get(const std::string& key) {
  net::MemorySink sink(kLimit);
  const auto found = store_->get(key, sink);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  if (!found || !*found) return std::nullopt;
  EXPECT_EQ((*found)->size.value_or(sink.bytes().size()), sink.bytes().size());
  return sink.bytes();
}

std::vector<std::string> BlobStoreContract::list(const std::string& prefix) {
  std::vector<std::string> keys;
  const auto listed = store_->list(prefix, [&](const blob::ListedBlob& blob) -> Outcome<void> {
    keys.push_back(blob.key);
    return {};
  });
  EXPECT_TRUE(listed) << (listed ? "" : listed.error().message);
  return keys;
}

TEST_P(BlobStoreContract, AMissIsNotAnErrorAndLeavesTheSinkAlone) {
  NotingSink sink;
  const auto found = store_->get("none", sink);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(*found);
  EXPECT_FALSE(sink.touched);
  if (place_->scale().many_calls) {
    const auto below = store_->get("no/such/folder", sink);
    ASSERT_TRUE(below);
    EXPECT_FALSE(*below);
  }
  const auto contained = store_->contains("none");
  ASSERT_TRUE(contained) << contained.error().message;
  EXPECT_FALSE(*contained);
}

TEST_P(BlobStoreContract, GetGivesWhatPutStored) {
  const bool all = place_->scale().many_calls;
  for (const std::size_t size : all ? std::vector<std::size_t>{0, 1, 1000, 100'000, 5'000'000}
                                    : std::vector<std::size_t>{0, 5'000'000}) {
    const std::string key = "size-" + std::to_string(size);
    const auto stored = put(key, pattern(size));
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(*stored, PutOutcome::stored);
    EXPECT_TRUE(get(key) == pattern(size)) << size;
    if (!all && size == 0) continue;
    const auto found = store_->contains(key);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->size.value_or(size), size);
  }
}

TEST_P(BlobStoreContract, AnotherStoreOfTheSamePlaceSeesIt) {
  ASSERT_TRUE(put("zone/key", "bytes"));
  store_ = place_->open();
  EXPECT_EQ(get("zone/key"), "bytes");
}

TEST_P(BlobStoreContract, TakesEveryValidKey) {
  const std::vector<std::string> keys{
      "a", "A.b-c_D", "zone/a", "zone/sub/a", std::string(64, 'f'), "deep/" + std::string(200, 'k')};
  const std::vector<std::string> asked =
      place_->scale().many_calls ? keys : std::vector<std::string>{keys.back()};
  for (const std::string& key : asked) ASSERT_TRUE(put(key, key)) << key;
  for (const std::string& key : asked) EXPECT_EQ(get(key), key);
}

TEST_P(BlobStoreContract, RefusesEveryOtherKey) {
  for (const char* const key :
       {"", "/a", "a/", "../a", "a/../b", ".a", "a b", "a%2fb", "a?b", "a#b", "a\nb"}) {
    const auto stored = put(key, "bytes");
    ASSERT_FALSE(stored) << key;
    EXPECT_EQ(stored.error().what, FailureKind::local) << key;
    NotingSink sink;
    EXPECT_FALSE(store_->get(key, sink)) << key;
    EXPECT_FALSE(store_->contains(key)) << key;
    EXPECT_FALSE(store_->remove(key)) << key;
  }
}

TEST_P(BlobStoreContract, PutReadsTheSourceFromItsStart) {
  net::MemorySource source("0123456789");
  char skipped[4];
  ASSERT_TRUE(source.read(skipped));
  ASSERT_TRUE(store_->put("key", source, usual()));
  EXPECT_EQ(get("key"), "0123456789");
}

TEST_P(BlobStoreContract, APutReplacesWhereItMay) {
  const bool can = store_->traits().overwrite;
  const auto first = put("key", "first, which is longer", {.mode = PutMode::replace, .metadata = {}});
  if (!can) return expect_unsupported(first, store_->name());
  ASSERT_TRUE(first);
  const auto second = put("key", "second");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, PutOutcome::stored);
  EXPECT_EQ(get("key"), "second");
}

TEST_P(BlobStoreContract, TheFirstWriterWinsWhereThatCanBeAskedFor) {
  const PutOptions if_absent{.mode = PutMode::if_absent, .metadata = {}};
  const auto first = put("zone/key", "first", if_absent);
  if (!store_->traits().conditional) return expect_unsupported(first, store_->name());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*first, PutOutcome::stored);
  const auto second = put("zone/key", "second", if_absent);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, PutOutcome::already_there);
  EXPECT_EQ(get("zone/key"), "first");
}

TEST_P(BlobStoreContract, MetadataComesBackWhereItIsKept) {
  const blob::Metadata metadata{{"target", "app#build"}, {"signature", "abc=="}, {"empty_ish", "0"}};
  const auto stored = put("key", "bytes", {.mode = usual().mode, .metadata = metadata});
  if (!store_->traits().metadata) return expect_unsupported(stored, store_->name());
  ASSERT_TRUE(stored) << stored.error().message;
  net::MemorySink sink(100);
  const auto got = store_->get("key", sink);
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->metadata, metadata);
  const auto found = store_->contains("key");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->metadata, metadata);
}

TEST_P(BlobStoreContract, RemovesWhereItCan) {
  if (!store_->traits().remove) return expect_unsupported(store_->remove("zone/key"), store_->name());
  ASSERT_TRUE(put("zone/key", "bytes"));
  const auto removed = store_->remove("zone/key");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(get("zone/key"), std::nullopt);
  EXPECT_TRUE(store_->remove("zone/key"));
  EXPECT_TRUE(store_->remove("none/at/all"));
}

TEST_P(BlobStoreContract, ListsWhereItCan) {
  if (!store_->traits().list) {
    return expect_unsupported(store_->list("", [](const blob::ListedBlob&) -> Outcome<void> { return {}; }),
                              store_->name());
  }
  for (const char* const key : {"a", "ab", "zone/a", "zone/ab", "zone/sub/c", "zones/d"})
    ASSERT_TRUE(put(key, "12345"));
  EXPECT_THAT(list(""), UnorderedElementsAre("a", "ab", "zone/a", "zone/ab", "zone/sub/c", "zones/d"));
  EXPECT_THAT(list("a"), UnorderedElementsAre("a", "ab"));
  EXPECT_THAT(list("zone/"), UnorderedElementsAre("zone/a", "zone/ab", "zone/sub/c"));
  EXPECT_THAT(list("zone"), UnorderedElementsAre("zone/a", "zone/ab", "zone/sub/c", "zones/d"));
  EXPECT_THAT(list("zone/a"), UnorderedElementsAre("zone/a", "zone/ab"));
  EXPECT_THAT(list("none"), IsEmpty());
  EXPECT_THAT(list("none/x"), IsEmpty());
  const auto ended = store_->list("", [](const blob::ListedBlob& blob) -> Outcome<void> {
    EXPECT_EQ(blob.size.value_or(5), 5U);
    return net::failure(FailureKind::local, "enough");
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "enough");
}

}  // namespace stillage::test
