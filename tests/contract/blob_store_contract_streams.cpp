// SPDX-License-Identifier: MIT
// The contract of blob stores where bytes flow: sources and sinks that fail, calls that are cancelled, and
// blobs that are too large for memory.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "contract/blob_store_contract.h"
#include "contract/blob_store_contract_support.h"
#include "contract/is_hit.h"
#include "support/scale.h"

namespace stillage::test {

using blob::FailureKind;
using ::testing::HasSubstr;

namespace {

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

}  // namespace

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

TEST_P(BlobStoreContract, ABigBlobTakesLittleMemory) {
  const std::uint64_t wanted = kSanitized ? 16 << 20 : scale<std::uint64_t>(256 << 20, 2ULL << 30);
  const std::uint64_t size = std::min({wanted, place_->scale().big, place_->scale().largest});
  std::printf("%llu MiB\n", static_cast<unsigned long long>(size >> 20));
  (void)peak_memory();
  EndlessSource source(size);
  const auto stored = store_->put("big", source, usual());
  ASSERT_TRUE(stored) << stored.error().message;
  EndlessSink sink;
  const auto found = store_->get("big", sink);
  ASSERT_TRUE(is_hit(found));
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

}  // namespace stillage::test
