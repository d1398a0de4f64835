// SPDX-License-Identifier: MIT
// The decorators that need neither time nor failures: read_only, max_size, metered, prefix.
#include <gmock/gmock.h>

#include "blob/max_size_store.h"
#include "blob/metered_store.h"
#include "blob/prefix_store.h"
#include "blob/read_only_store.h"
#include "support/fake_clock.h"
#include "support/memory_store.h"

namespace stillage::blob {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class Decorators : public ::testing::Test {
 protected:
  template <class T>
  static FailureKind what(const Outcome<T>& outcome) {
    EXPECT_FALSE(outcome);
    return outcome ? FailureKind::local : outcome.error().what;
  }
  static Outcome<PutOutcome> put(BlobStore& store, const std::string& key, std::string_view bytes) {
    net::MemorySource source(bytes);
    return store.put(key, source);
  }
  static std::vector<std::string> list(BlobStore& store, const std::string& prefix) {
    std::vector<std::string> keys;
    EXPECT_TRUE(store.list(prefix, [&](const ListedBlob& blob) -> Outcome<void> {
      keys.push_back(blob.key);
      return {};
    }));
    return keys;
  }

  std::shared_ptr<test::MemoryStore> inner_ = std::make_shared<test::MemoryStore>();
  net::MemorySink sink_{1000};
};

TEST_F(Decorators, ReadOnlyReadsAndAsksForNothingElse) {
  inner_->blobs["key"] = "bytes";
  ReadOnlyStore only(inner_);
  BlobStore& store = only;
  EXPECT_TRUE(*store.get("key", sink_));
  EXPECT_TRUE(*store.contains("key"));
  EXPECT_THAT(list(store, ""), ElementsAre("key"));
  const int calls = inner_->calls();
  EXPECT_EQ(what(put(store, "key", "other")), FailureKind::unsupported);
  EXPECT_EQ(what(store.remove("key")), FailureKind::unsupported);
  EXPECT_EQ(inner_->calls(), calls);
  EXPECT_EQ(inner_->blobs["key"], "bytes");
  EXPECT_FALSE(store.traits().overwrite || store.traits().conditional || store.traits().remove);
  EXPECT_TRUE(store.traits().list);
}

TEST_F(Decorators, MaxSizeStoresUpToIt) {
  MaxSizeStore store(inner_, 5);
  EXPECT_TRUE(put(store, "key", "12345"));
  EXPECT_EQ(what(put(store, "key", "123456")), FailureKind::too_large);
  EXPECT_EQ(inner_->calls(), 1);
  EXPECT_EQ(inner_->blobs["key"], "12345");
}

TEST_F(Decorators, MaxSizeFetchesUpToItWithOneCall) {
  inner_->blobs = {{"fits", "12345"}, {"big", "123456"}};
  MaxSizeStore store(inner_, 5);
  for (const bool announced : {true, false}) {
    inner_->announces_sizes = announced;
    const int calls = inner_->calls();
    EXPECT_TRUE(*store.get("fits", sink_, {}));
    EXPECT_EQ(sink_.bytes(), "12345");
    EXPECT_EQ(what(store.get("big", sink_, {})), FailureKind::too_large);
    EXPECT_EQ(inner_->calls(), calls + 2);
  }
  EXPECT_FALSE(*store.get("none", sink_, {}));
}

TEST_F(Decorators, MaxSizeLeavesTheSinksOwnErrorsAlone) {
  inner_->blobs["key"] = "12345";
  MaxSizeStore store(inner_, 5);
  net::MemorySink small(3);
  EXPECT_EQ(what(store.get("key", small, {})), FailureKind::local);
}

TEST_F(Decorators, MaxSizeZeroIsNoLimit) {
  MaxSizeStore store(inner_, 0);
  EXPECT_TRUE(put(store, "key", std::string(900, 'x')));
  EXPECT_TRUE(*store.get("key", sink_, {}));
}

TEST_F(Decorators, MeteredCounts) {
  test::FakeClock clock;
  MeteredStore metered(inner_, clock);
  BlobStore& store = metered;
  bool broken = false;
  inner_->before = [&](const std::string&, const std::stop_token&) -> Outcome<void> {
    clock.advance(std::chrono::milliseconds(500));
    if (broken) return net::failure(FailureKind::transient, "busy");
    return {};
  };
  ASSERT_TRUE(put(store, "key", "12345"));
  net::MemorySource again("12345");
  ASSERT_TRUE(store.put("key", again, {.mode = PutMode::if_absent, .metadata = {}}));
  ASSERT_TRUE(store.get("key", sink_));
  ASSERT_TRUE(store.get("none", sink_));
  ASSERT_TRUE(store.contains("key"));
  ASSERT_TRUE(store.remove("none"));
  EXPECT_THAT(list(store, ""), ElementsAre("key"));
  broken = true;
  EXPECT_FALSE(put(store, "key", "12"));
  const TransferFigures figures = metered.figures();
  EXPECT_EQ(figures.stored, 1U);
  EXPECT_EQ(figures.hits, 1U);
  EXPECT_EQ(figures.misses, 1U);
  EXPECT_EQ(figures.calls, 8U);
  EXPECT_EQ(figures.failures, 1U);
  EXPECT_EQ(figures.bytes_sent, 12U);
  EXPECT_EQ(figures.bytes_received, 5U);
  EXPECT_DOUBLE_EQ(figures.seconds, 4.0);
}

TEST_F(Decorators, PrefixKeepsZonesApart) {
  auto opened_a = PrefixStore::open(inner_, "zones/a");
  auto opened_b = PrefixStore::open(inner_, "zones/b");
  ASSERT_TRUE(opened_a && opened_b);
  BlobStore& a = **opened_a;
  BlobStore& b = **opened_b;
  ASSERT_TRUE(put(a, "key", "of a"));
  EXPECT_THAT(inner_->blobs, ElementsAre(Pair("zones/a/key", "of a")));
  EXPECT_FALSE(*b.get("key", sink_));
  EXPECT_FALSE(*b.contains("key"));
  EXPECT_TRUE(*a.get("key", sink_));
  EXPECT_TRUE(*a.contains("key"));
  EXPECT_THAT(list(a, ""), ElementsAre("key"));
  EXPECT_THAT(list(a, "ke"), ElementsAre("key"));
  EXPECT_THAT(list(b, ""), ElementsAre());
  ASSERT_TRUE(b.remove("key"));
  ASSERT_TRUE(*a.contains("key"));
  ASSERT_TRUE(a.remove("key"));
  EXPECT_FALSE(*a.contains("key"));
  EXPECT_THAT(a.name(), HasSubstr("zones/a"));
}

TEST_F(Decorators, PrefixCannotBeLeft) {
  EXPECT_FALSE(PrefixStore::open(inner_, "../a"));
  EXPECT_FALSE(PrefixStore::open(inner_, ""));
  auto zone = PrefixStore::open(inner_, "a");
  EXPECT_EQ(what(put(**zone, "../b/key", "x")), FailureKind::local);
  EXPECT_EQ(what((*zone)->get("../b/key", sink_, {})), FailureKind::local);
  EXPECT_EQ(inner_->calls(), 0);
}

}  // namespace
}  // namespace stillage::blob
