// SPDX-License-Identifier: MIT
// The contract of blob stores where many use one place at once.
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "contract/blob_store_contract.h"
#include "contract/blob_store_contract_support.h"
#include "support/scale.h"

namespace stillage::test {

using blob::PutMode;
using blob::PutOptions;
using blob::PutOutcome;

namespace {

/// What became of a get.
struct Read {
  std::optional<std::string> bytes;  ///< of a get that succeeded
  bool missed = false;
  std::string why;  ///< for messages
};

Read read(blob::BlobStore& store, const std::string& key) {
  net::MemorySink sink(kLimit);
  const auto found = store.get(key, sink);
  if (!found) return {.bytes = {}, .missed = false, .why = found.error().message};
  if (!*found) return {.bytes = {}, .missed = true, .why = "a miss"};
  return {.bytes = sink.bytes(), .missed = false, .why = std::to_string(sink.bytes().size()) + " bytes"};
}

/// One of the blobs that have been written, from its first byte to its last; or, in a gap of the server's,
/// nothing.
bool is_whole(const Read& read, const std::vector<std::string>& written, const ServerDefects& server) {
  if (!read.bytes) return server.gaps;
  return std::ranges::find(written, *read.bytes) != written.end();
}

}  // namespace

TEST_P(BlobStoreContract, OneOfManyFirstWritersWins) {
  const PutOptions if_absent{.mode = PutMode::if_absent, .metadata = {}};
  if (!store_->traits().conditional)
    return expect_unsupported(put("key", "bytes", if_absent), store_->name());
  std::atomic<int> stored = 0;
  std::atomic<int> there = 0;
  const int writers = place_->scale().many_calls ? 8 : 3;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(writers); ++i)
      threads.emplace_back([&, i] {
        const auto outcome = put("key", pattern(300'000, i), if_absent);
        ASSERT_TRUE(outcome) << outcome.error().message;
        ++(*outcome == PutOutcome::stored ? stored : there);
      });
  }
  EXPECT_EQ(stored + there, writers);
  EXPECT_LE(stored, 1);
  // A server that mixes what comes at once may say "already there" to all of them, and has nothing to give
  // then.
  EXPECT_TRUE(stored == 1 || place_->defects().gaps);
  const Read first = read(*store_, "key");
  std::vector<std::string> written;
  for (int i = 0; i < writers; ++i) written.push_back(pattern(300'000, static_cast<std::uint32_t>(i)));
  EXPECT_TRUE(is_whole(first, written, place_->defects())) << first.why;

  // Whatever it is that won: it stays.
  const auto late = put("key", pattern(300'000, 99), if_absent);
  ASSERT_TRUE(late) << late.error().message;
  EXPECT_EQ(*late, PutOutcome::already_there);
  EXPECT_EQ(read(*store_, "key").bytes, first.bytes);
}

// Writers replace one blob again and again while others read it: each reader sees one writer's bytes, whole.
// Where nothing is replaced, they all are the first: each reader sees none, or the winner's bytes, whole.
TEST_P(BlobStoreContract, ReadersSeeWholeBlobsOnly) {
  constexpr std::size_t kSize = 400'000;
  const std::vector<std::string> blobs{pattern(kSize, 1), pattern(kSize, 2), pattern(kSize / 2, 3)};
  const bool replaces = store_->traits().overwrite;
  if (replaces) {
    ASSERT_TRUE(put("key", blobs[0]));
  }
  std::atomic<bool> ending = false;
  std::atomic<int> seen = 0;
  const ContractScale asked = place_->scale();
  const int enough = asked.many_calls ? scale(std::min(asked.reads, 30), asked.reads) : replaces ? 20 : 6;
  {
    std::vector<std::jthread> threads;
    for (const std::string& bytes : {blobs[1], blobs[2]})
      threads.emplace_back([&, bytes] {
        const auto mine = place_->open();
        int done = 0;
        int busy = 0;
        do {
          net::MemorySource source(bytes);
          const auto stored = mine->put("key", source, usual());
          // A real server may be too busy for one of many.
          const bool is_busy = !stored && stored.error().kind == ErrorKind::network && done > 0;
          EXPECT_TRUE(stored || is_busy) << stored.error().message;
          ++(stored ? done : busy);
        } while (replaces && !ending);
        EXPECT_LE(busy, 1 + done / 4);
      });
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        const auto mine = place_->open();
        while (seen < enough && !ending) {
          const Read one = read(*mine, "key");
          const bool may_miss = !replaces && one.missed;
          EXPECT_TRUE(may_miss || is_whole(one, blobs, place_->defects())) << one.why;
          if (!one.bytes && !may_miss && !place_->defects().gaps) break;
          ++seen;
        }
        ending = true;
      });
  }
  EXPECT_GE(seen, enough);
  // And once they are done, it is there for everybody.
  if (replaces) {
    ASSERT_TRUE(put("key", blobs[0]));
  }
  const Read last = read(*store_, "key");
  EXPECT_TRUE(is_whole(last, blobs, place_->defects())) << last.why;
  EXPECT_TRUE(!replaces || last.bytes == blobs[0]);
}

TEST_P(BlobStoreContract, ManyThreadsShareOneStore) {
  std::atomic<int> right = 0;
  const std::uint32_t count = place_->scale().many_calls ? 16 : 2;
  const std::uint32_t rounds = place_->scale().many_calls ? scale(2U, 5U) : 1;
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
