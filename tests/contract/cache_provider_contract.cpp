// SPDX-License-Identifier: MIT
#include "contract/cache_provider_contract.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/strings.h"
#include "os/file.h"
#include "stillage/backfill_cache_provider.h"

namespace stillage::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CacheProviderContract);

CacheProviderContract::CacheProviderContract() {
  reopen();
}

void CacheProviderContract::reopen() {
  subject_.reset();
  ContractContext context;
  context.make_archive_provider_over = [this](std::shared_ptr<cache::Store> store) {
    auto chosen = options();
    chosen.store = std::move(store);
    return make_provider(std::move(chosen));
  };
  context.make_archive_provider = [this,
                                   over = context.make_archive_provider_over](const std::string& store) {
    auto opened = cache::Store::open(base_ / store, std::nullopt);
    EXPECT_TRUE(opened);
    return over(*opened);
  };
  context.root = root_;
  context.elsewhere = base_ / "elsewhere";
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
  write("src/file", "source");
  store(key('1'), [&] {
    write("dist/one.js", "1");
    write("dist/deep/two.js", std::string(100'000, '2'));
    base_.symlink("checkout/packages/a/dist/link", traits().keeps_dangling_links ? "nowhere" : "../src/file");
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

TEST_P(CacheProviderContract, StaleOutputsGoOnAHitIfTheFormatCanTell) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  write("dist/stale.js", "stale");
  ASSERT_TRUE(*subject_->fetch(key('1'), a_));
  EXPECT_NE(base_.exists("checkout/packages/a/dist/stale.js"), traits().removes_stale_outputs);
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
  if (!traits().keeps_run_result) {
    std::string text;
    for (const LogChunk& chunk : *log) text += chunk.text;
    for (const LogChunk& chunk : result.log)
      EXPECT_THAT(text, ::testing::HasSubstr(std::string(base::trim(chunk.text))));
    return;
  }
  EXPECT_EQ(*log, result.log);
  EXPECT_EQ((*hit)->info().duration, result.duration);
}

TEST_P(CacheProviderContract, HashAndTargetBothCount) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  EXPECT_FALSE(*subject_->look_up(key('2'), a_));
  EXPECT_NE(*subject_->look_up(key('1'), target("a#other")) != nullptr, traits().target_counts);
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
  std::shared_ptr<CacheProvider> other;
  if (traits().keeps_archives) {
    auto chosen = options();
    chosen.store = *cache::Store::open(base_ / "third", std::nullopt);
    other = make_provider(std::move(chosen));
  } else {
    base_.make_dir("third");
    other = std::make_shared<BackfillCacheProvider>(
        BackfillCacheProviderOptions{.root = base_ / "third", .checkout = root_});
  }
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
    EXPECT_EQ(stored.error().kind, traits().keeps_archives ? ErrorKind::corrupt : ErrorKind::unsupported);
  }
  EXPECT_FALSE(*subject_->look_up(key('1'), a_));
}

TEST_P(CacheProviderContract, AFolderIsStoredAsItIsOrRefused) {
  base_.write("folder/dist/one.js", "1", 0755);
  base_.make_dir("folder/empty");
  RunResult result;
  result.log = {{LogStream::out, "said\n"}};
  const Status stored = subject_->put_folder(key('1'), a_, base_ / "folder", result);
  ASSERT_EQ(stored.has_value(), !traits().keeps_archives);
  if (!stored) {
    EXPECT_EQ(stored.error().kind, ErrorKind::unsupported);
    return;
  }
  reopen();
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  ASSERT_TRUE((*hit)->restore());
  EXPECT_EQ(tree("packages/a")["dist/one.js"], "755 1");
  EXPECT_EQ(*(*hit)->log(), result.log);
}

TEST_P(CacheProviderContract, ClearedEntriesAreGone) {
  store(key('1'), [&] { write("dist/one.js", "1"); });
  ASSERT_TRUE(subject_->purge(1));
  EXPECT_TRUE(*subject_->look_up(key('1'), a_));
  ASSERT_TRUE(subject_->clear());
  reopen();
  EXPECT_NE(*subject_->look_up(key('1'), a_) != nullptr, traits().clears_everything);
}

TEST_P(CacheProviderContract, SaysWhetherItIsReadOnly) {
  EXPECT_FALSE(subject_->is_read_only());
}

}  // namespace stillage::test
