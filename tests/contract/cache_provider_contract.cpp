// SPDX-License-Identifier: MIT
#include "contract/cache_provider_contract.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "os/file.h"

namespace stillage::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CacheProviderContract);

CacheProviderContract::CacheProviderContract() {
  reopen();
}

void CacheProviderContract::reopen() {
  subject_.reset();
  ContractContext context;
  context.make_archive_provider = [this](const std::string& store) {
    auto chosen = options();
    auto opened = cache::Store::open(base_ / store, std::nullopt);
    EXPECT_TRUE(opened);
    chosen.store = *opened;
    return make_provider(std::move(chosen));
  };
  subject_ = GetParam().make(context);
}

void CacheProviderContract::store(const std::string& hash, const std::function<void()>& work,
                                  const RunResult& result) {
  ASSERT_TRUE(subject_->prepare(a_));
  work();
  const auto stored = subject_->put(hash, a_, result);
  ASSERT_TRUE(stored) << stored.error().message;
  ASSERT_TRUE(stored->entry) << stored->not_stored_because;
}

TEST_P(CacheProviderContract, AMissIsNotAnError) {
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit);
  EXPECT_FALSE(*hit);
  const auto fetched = subject_->fetch(key('1'), a_);
  ASSERT_TRUE(fetched);
  EXPECT_FALSE(*fetched);
}

TEST_P(CacheProviderContract, FetchRestoresWhatPutStored) {
  store(key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/deep/two.js", std::string(100'000, '2'));
    base_.symlink("checkout/packages/a/dist/link", "nowhere");
  });
  const auto want = tree("packages/a");
  wipe("packages/a/dist");
  reopen();
  const auto fetched = subject_->fetch(key('1'), a_);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_TRUE(*fetched);
  EXPECT_EQ(tree("packages/a"), want);
}

TEST_P(CacheProviderContract, PutWithoutPrepareStoresWhatTheGlobsHold) {
  write("dist/one.js", "1");
  const auto stored = subject_->put(key('1'), a_);
  ASSERT_TRUE(stored);
  ASSERT_TRUE(stored->entry) << stored->not_stored_because;
  EXPECT_EQ(stored->entry->info().outputs, 1U);
  EXPECT_EQ(stored->entry->info().hash, key('1'));
  EXPECT_EQ(stored->entry->info().target_id, "a#build");
}

TEST_P(CacheProviderContract, StaleOutputsGoOnAHit) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/stale.js", "stale");
  ASSERT_TRUE(*subject_->fetch(key('1'), a_));
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist/stale.js"));
}

TEST_P(CacheProviderContract, OutputsInPlaceAreNotTouched) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  const auto before = stats("packages/a");
  reopen();
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  const auto report = (*hit)->restore();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->written + report->removed, 0U);
  EXPECT_EQ(report->unchanged, 1U);
  EXPECT_EQ(stats("packages/a"), before);
}

TEST_P(CacheProviderContract, TheLogComesBackInOrder) {
  RunResult result;
  result.log = {{LogStream::out, "one\n"}, {LogStream::err, "two\n"}, {LogStream::out, "\xff three"}};
  result.duration = std::chrono::milliseconds(250);
  store(
      key('1'), [&] { write("dist/one.js", "1"); }, result);
  reopen();
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  const auto log = (*hit)->log();
  ASSERT_TRUE(log);
  EXPECT_EQ(*log, result.log);
  EXPECT_EQ((*hit)->info().duration, result.duration);
}

TEST_P(CacheProviderContract, HashAndTargetBothCount) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  EXPECT_FALSE(*subject_->look_up(key('2'), a_));
  EXPECT_FALSE(*subject_->look_up(key('1'), target("a#other")));
}

TEST_P(CacheProviderContract, ATargetWithoutOutputsKeepsItsLog) {
  const Target none = target("a#test", std::vector<std::string>{});
  RunResult result;
  result.log = {{LogStream::out, "passed\n"}};
  ASSERT_TRUE(subject_->prepare(none));
  write("dist/not-mine.js", "1");
  const auto stored = subject_->put(key('1'), none, result);
  ASSERT_TRUE(stored && stored->entry);
  EXPECT_EQ(stored->entry->info().outputs, 0U);
  reopen();
  const auto hit = subject_->look_up(key('1'), none);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ(*(*hit)->log(), result.log);
  ASSERT_TRUE((*hit)->restore());
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/not-mine.js"));
}

TEST_P(CacheProviderContract, ASecondPutOfAHashIsNoError) {
  for (int i = 0; i < 2; ++i) store(key('1'), [&] { write("dist/one.js", "1"); });
  EXPECT_TRUE(*subject_->fetch(key('1'), a_));
}

TEST_P(CacheProviderContract, AHitCopiesItselfToAnother) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  auto chosen = options();
  chosen.store = *cache::Store::open(base_ / "third", std::nullopt);
  const auto other = make_provider(std::move(chosen));
  const Status copied = (*hit)->copy_to(*other);
  ASSERT_TRUE(copied) << copied.error().message;
  wipe("packages/a/dist");
  EXPECT_TRUE(*other->fetch(key('1'), a_));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
}

TEST_P(CacheProviderContract, ADamagedArchiveIsRefused) {
  base_.write("archive", std::string(1000, 'x'));
  const Status stored = subject_->put_archive(key('1'), a_, base_ / "archive");
  if (!stored) {
    EXPECT_EQ(stored.error().kind, ErrorKind::corrupt);
  }
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
}

TEST_P(CacheProviderContract, ClearedEntriesAreGone) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  ASSERT_TRUE(subject_->purge(1));
  EXPECT_TRUE(*subject_->look_up(key('1'), a_));
  ASSERT_TRUE(subject_->clear());
  reopen();
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
}

TEST_P(CacheProviderContract, SaysWhetherItIsReadOnly) {
  EXPECT_FALSE(subject_->is_read_only());
}

}  // namespace stillage::test
