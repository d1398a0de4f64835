// SPDX-License-Identifier: MIT
#include "contract/blob_store_contract.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace stillage::test {

using blob::FailureKind;
using blob::Outcome;
using blob::PutMode;
using blob::PutOptions;
using blob::PutOutcome;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

namespace {

constexpr std::uint64_t kLimit = 256 << 20;

std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

template <class T>
void expect_unsupported(const Outcome<T>& outcome, const std::string& name) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().what, FailureKind::unsupported);
  EXPECT_EQ(outcome.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(outcome.error().message, HasSubstr(name));
}

/// Fails after a while, on its own account.
class FailingSource final : public blob::ByteSource {
 public:
  std::uint64_t size() const override { return 1'000'000; }
  Status rewind() override { return {}; }
  Result<std::size_t> read(std::span<char> buffer) override {
    if (read_ > 500'000) return fail(ErrorKind::io, "the source fails");
    read_ += buffer.size();
    return buffer.size();
  }

 private:
  std::size_t read_ = 0;
};

class RefusingSink final : public blob::ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override { return {}; }
  Status write(std::string_view) override { return fail(ErrorKind::io, "the sink is full"); }
};

/// Bytes that tell where they are, as many as wanted.
char byte_at(std::uint64_t place) {
  return static_cast<char>(place ^ (place >> 8) ^ (place >> 16) * 31);
}

class EndlessSource final : public blob::ByteSource {
 public:
  explicit EndlessSource(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  Status rewind() override {
    at_ = 0;
    return {};
  }
  Result<std::size_t> read(std::span<char> buffer) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - at_));
    for (std::size_t i = 0; i < count; ++i) buffer[i] = byte_at(at_++);
    return count;
  }

 private:
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

/// Counts how many bytes of an EndlessSource have come right.
class EndlessSink final : public blob::ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override {
    right_ = 0;
    return {};
  }
  Status write(std::string_view bytes) override {
    for (const char byte : bytes)
      if (byte != byte_at(right_++)) return fail(ErrorKind::corrupt, "a byte is not what was put");
    return {};
  }
  std::uint64_t right() const { return right_; }

 private:
  std::uint64_t right_ = 0;
};

/// Notes whether it has been told anything.
class NotingSink final : public blob::ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override {
    touched = true;
    return {};
  }
  Status write(std::string_view) override {
    touched = true;
    return {};
  }
  bool touched = false;
};

}  // namespace

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
    if (size == 0 && place_->defects().hangs_on_empty_blobs) continue;
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

TEST_P(BlobStoreContract, OneOfManyFirstWritersWins) {
  if (!store_->traits().conditional) return;  // TheFirstWriterWins… has asserted the error
  if (place_->defects().mixes_first_writers) return;
  std::atomic<int> stored = 0;
  std::atomic<int> there = 0;
  const int writers = place_->scale().many_calls ? 8 : 3;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(writers); ++i)
      threads.emplace_back([&, i] {
        const auto outcome = put("key", pattern(300'000, i), {.mode = PutMode::if_absent, .metadata = {}});
        ASSERT_TRUE(outcome) << outcome.error().message;
        ++(*outcome == PutOutcome::stored ? stored : there);
      });
  }
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(there, writers - 1);
  const auto bytes = get("key");
  ASSERT_TRUE(bytes);
  bool whole = false;
  for (std::uint32_t i = 0; i < 8; ++i) whole = whole || *bytes == pattern(300'000, i);
  EXPECT_TRUE(whole);
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

TEST_P(BlobStoreContract, AFailedPutLeavesWhatWasThere) {
  FailingSource source;
  const auto failed = store_->put("key", source, usual());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, FailureKind::local);
  EXPECT_THAT(failed.error().message, HasSubstr("the source fails"));
  EXPECT_EQ(get("key"), std::nullopt);
  ASSERT_TRUE(put("key", "old"));
  FailingSource again;
  if (store_->traits().overwrite) {
    ASSERT_FALSE(store_->put("key", again));
  }
  EXPECT_EQ(get("key"), "old");
}

TEST_P(BlobStoreContract, ASinkMayRefuse) {
  ASSERT_TRUE(put("key", pattern(3'000'000)));
  RefusingSink sink;
  const auto found = store_->get("key", sink);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::local);
  EXPECT_THAT(found.error().message, HasSubstr("the sink is full"));
  EXPECT_EQ(get("key"), pattern(3'000'000));
}

TEST_P(BlobStoreContract, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  net::MemorySource source("bytes");
  const auto stored = store_->put("key", source, usual(), stop.get_token());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::cancelled);
  EXPECT_EQ(get("key"), std::nullopt);
  ASSERT_TRUE(put("key", "bytes"));
  NotingSink sink;
  const auto found = store_->get("key", sink, stop.get_token());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::cancelled);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

/// The most memory that this process has had since the last call, in bytes.
std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  std::uint64_t kib = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) kib = std::stoull(line.substr(6));
  std::ofstream("/proc/self/clear_refs") << "5";
  return kib << 10;
}

TEST_P(BlobStoreContract, ABigBlobTakesLittleMemory) {
  const std::uint64_t wanted = kSanitized                                ? 16 << 20
                               : std::getenv("STILLAGE_SOAK") != nullptr ? 2ULL << 30
                                                                         : 256 << 20;
  const std::uint64_t size = std::min({wanted, place_->scale().big, place_->scale().largest});
  std::printf("%llu MiB\n", static_cast<unsigned long long>(size >> 20));
  (void)peak_memory();
  EndlessSource source(size);
  const auto stored = store_->put("big", source, usual());
  ASSERT_TRUE(stored) << stored.error().message;
  EndlessSink sink;
  const auto found = store_->get("big", sink);
  ASSERT_TRUE(found && *found) << (found ? "a miss" : found.error().message);
  EXPECT_EQ(sink.right(), size);
  const std::uint64_t peak = peak_memory();
  std::printf("peak: %llu MiB\n", static_cast<unsigned long long>(peak >> 20));
  EXPECT_TRUE(kSanitized || peak < 100 << 20);
  // The server has other tests to serve.
  if (store_->traits().remove) {
    EXPECT_TRUE(store_->remove("big"));
  }
}

TEST_P(BlobStoreContract, ABlobThatIsTooLargeIsRefusedAsThat) {
  const std::uint64_t largest = place_->scale().largest;
  if (largest == UINT64_MAX) return;  // a store without a limit of its own
  EndlessSource source(largest + 1);
  const auto stored = store_->put("big", source);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::too_large);
  EXPECT_EQ(get("big"), std::nullopt);
}

// Writers replace one blob again and again while others read it: each reader sees one writer's bytes, whole.
TEST_P(BlobStoreContract, ReadersSeeWholeBlobsOnly) {
  if (place_->defects().replaces_in_place || !store_->traits().overwrite) return;
  constexpr std::size_t kSize = 400'000;
  const std::string blobs[] = {pattern(kSize, 1), pattern(kSize, 2), pattern(kSize / 2, 3)};
  ASSERT_TRUE(put("key", blobs[0]));
  std::atomic<bool> ending = false;
  std::atomic<int> seen = 0;
  const int enough = place_->scale().many_calls ? 100 : 20;
  {
    std::vector<std::jthread> threads;
    for (const std::string& bytes : {blobs[1], blobs[2]})
      threads.emplace_back([&, bytes] {
        const auto mine = place_->open();
        while (!ending) {
          net::MemorySource source(bytes);
          const auto stored = mine->put("key", source);
          EXPECT_TRUE(stored) << stored.error().message;
        }
      });
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        const auto mine = place_->open();
        while (seen < enough && !ending) {
          net::MemorySink sink(kLimit);
          const auto found = mine->get("key", sink);
          EXPECT_TRUE(found && *found) << (found ? "a miss" : found.error().message);
          if (!found || !*found) break;
          EXPECT_TRUE(std::ranges::find(blobs, sink.bytes()) != std::end(blobs)) << sink.bytes().size();
          ++seen;
        }
        ending = true;
      });
  }
  EXPECT_GE(seen, enough);
}

TEST_P(BlobStoreContract, ManyThreadsShareOneStore) {
  std::atomic<int> right = 0;
  const std::uint32_t count = place_->scale().many_calls ? 16 : 2;
  const std::uint32_t rounds = place_->scale().many_calls ? 5 : 1;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        for (std::uint32_t round = 0; round < rounds; ++round) {
          const std::string key = "zone" + std::to_string(round) + "/" + std::to_string(i);
          const std::string bytes = pattern(10'000 * i + 1, i + round);
          if (put(key, bytes) && get(key) == bytes) ++right;
        }
      });
  }
  EXPECT_EQ(right, static_cast<int>(count * rounds));
}

}  // namespace stillage::test
