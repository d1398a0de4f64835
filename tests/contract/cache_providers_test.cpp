// SPDX-License-Identifier: MIT
// The providers of this project under the contract, and what is special about those that wrap others.
#include <gmock/gmock.h>

#include <filesystem>

#include "blob/directory_store.h"
#include "cache/tar_cache_provider.h"
#include "cache/tolerant_cache_provider.h"
#include "contract/cache_provider_contract.h"
#include "stillage/backfill_cache_provider.h"
#include "stillage/remote_fallback_cache_provider.h"

namespace stillage::test {
namespace {

using cache::TolerantCacheProvider;
using ::testing::HasSubstr;

std::shared_ptr<CacheProvider> fallback(std::shared_ptr<CacheProvider> local,
                                        std::shared_ptr<CacheProvider> remote, bool write_remote = true) {
  return std::make_shared<RemoteFallbackCacheProvider>(
      RemoteFallbackCacheProviderOptions{.local_cache_provider = std::move(local),
                                         .remote_cache_provider = std::move(remote),
                                         .write_remote_cache = write_remote});
}

constexpr CacheProviderTraits kFolderTraits = {.keeps_dangling_links = false,
                                               .removes_stale_outputs = false,
                                               .keeps_run_result = false,
                                               .target_counts = false,
                                               .keeps_archives = false};

std::shared_ptr<CacheProvider> backfill(const std::string& root, const std::string& checkout,
                                        BackfillLayout layout = BackfillLayout::lage) {
  return std::make_shared<BackfillCacheProvider>(
      BackfillCacheProviderOptions{.root = root, .layout = layout, .checkout = checkout});
}

/// Backfill's remote cache.
std::shared_ptr<CacheProvider> tars(const ContractContext& context) {
  std::filesystem::create_directories(context.elsewhere + "/blobs");
  return std::make_shared<cache::TarCacheProvider>(cache::TarCacheProviderOptions{
      .store = std::make_shared<blob::DirectoryStore>(context.elsewhere + "/blobs"),
      .place = {.root = context.root}});
}

INSTANTIATE_TEST_SUITE_P(
    FolderProviders, CacheProviderContract,
    ::testing::Values(
        CacheProviderCase{"lage", [](const ContractContext& context) { return backfill(context.root, ""); },
                          kFolderTraits},
        CacheProviderCase{"fallback_to_lage",
                          [](const ContractContext& context) {
                            return fallback(backfill(context.root, ""),
                                            backfill(context.elsewhere, context.root), false);
                          },
                          kFolderTraits},
        CacheProviderCase{"lage_with_tars",
                          [](const ContractContext& context) {
                            return fallback(backfill(context.root, ""), tars(context), false);
                          },
                          kFolderTraits},
        CacheProviderCase{"tolerant_lage",
                          [](const ContractContext& context) {
                            return std::make_shared<TolerantCacheProvider>(backfill(context.root, ""),
                                                                           "the cache");
                          },
                          kFolderTraits}),
    [](const auto& instance) { return instance.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Providers, CacheProviderContract,
    ::testing::Values(CacheProviderCase{"archive",
                                        [](const ContractContext& context) {
                                          return context.make_archive_provider("store");
                                        }},
                      CacheProviderCase{"fallback",
                                        [](const ContractContext& context) {
                                          return fallback(context.make_archive_provider("store"),
                                                          context.make_archive_provider("remote"), false);
                                        }},
                      CacheProviderCase{"fallback_without_remote",
                                        [](const ContractContext& context) {
                                          return fallback(context.make_archive_provider("store"), nullptr);
                                        }},
                      CacheProviderCase{"tolerant",
                                        [](const ContractContext& context) {
                                          return std::make_shared<TolerantCacheProvider>(
                                              context.make_archive_provider("store"), "the cache");
                                        }}),
    [](const auto& instance) { return instance.param.name; });

class RemoteFallback : public CacheTest {
 protected:
  RemoteFallback() { reset(); }
  void reset(bool write_remote = true) {
    subject_.reset();
    local_ = make("store", HitSource::local);
    remote_ = make("remote", HitSource::remote);
    subject_ = fallback(local_, remote_, write_remote);
  }
  std::shared_ptr<cache::ArchiveCacheProvider> make(const std::string& store, HitSource source) {
    auto chosen = options();
    chosen.store = *cache::Store::open(base_ / store, std::nullopt);
    chosen.source = source;
    return make_provider(std::move(chosen));
  }
  PutResult put(const Target& target) {
    EXPECT_TRUE(subject_->prepare(target));
    base_.write("checkout/packages/a/dist/one.js", "1");
    auto stored = subject_->put(key('1'), target);
    EXPECT_TRUE(stored) << stored.error().message;
    return std::move(*stored);
  }
  bool has(CacheProvider& provider) { return *provider.look_up(key('1'), a_) != nullptr; }
  Target a_ = target("a#build");
  std::shared_ptr<cache::ArchiveCacheProvider> local_;
  std::shared_ptr<cache::ArchiveCacheProvider> remote_;
  std::shared_ptr<CacheProvider> subject_;
};

TEST_F(RemoteFallback, PutWritesToBoth) {
  put(a_);
  EXPECT_TRUE(has(*local_));
  EXPECT_TRUE(has(*remote_));
}

TEST_F(RemoteFallback, PutWritesToTheRemoteOnlyWhereItMay) {
  reset(false);
  put(a_);
  EXPECT_FALSE(has(*remote_));
  reset();
  a_.skip_remote_cache = true;
  put(a_);
  EXPECT_FALSE(has(*remote_));
}

TEST_F(RemoteFallback, ARemoteHitIsCopiedAsItIsAndComesFromTheRemoteOnce) {
  put(a_);
  ASSERT_TRUE(local_->clear());
  wipe("packages/a/dist");
  reset();
  const auto hit = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->info().source, HitSource::remote);
  ASSERT_TRUE((*hit)->restore());
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
  EXPECT_TRUE(has(*local_));
  ASSERT_TRUE(remote_->clear());
  // A put of a remote hit does not go back there.
  ASSERT_TRUE(subject_->put(key('1'), a_));
  EXPECT_FALSE(has(*remote_));
  reset();
  const auto again = subject_->look_up(key('1'), a_);
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->info().source, HitSource::local);
}

TEST_F(RemoteFallback, ALocalHitIsPutToTheRemoteAlone) {
  reset(false);
  put(a_);
  reset();
  ASSERT_TRUE(*subject_->fetch(key('1'), a_));
  ASSERT_TRUE(subject_->put(key('1'), a_));
  EXPECT_TRUE(has(*remote_));
}

TEST_F(RemoteFallback, WhatMustNotBeStoredGoesNowhere) {
  tree_->has_git_ = false;
  a_.outputs.reset();
  const auto stored = put(a_);
  EXPECT_THAT(stored.not_stored_because, HasSubstr("outputs"));
  EXPECT_FALSE(has(*local_));
  EXPECT_FALSE(has(*remote_));
}

TEST_F(RemoteFallback, ARemoteHitInFoldersIsCopiedAsItIs) {
  const auto local = backfill(root_, "");
  const auto remote = backfill(base_ / "remote", root_);
  base_.write("checkout/packages/a/dist/one.js", "1");
  ASSERT_TRUE(remote->put(key('1'), a_)->entry);
  wipe("packages/a/dist");
  // Not part of the entry, so never part of its copy.
  base_.write("checkout/packages/a/dist/other.js", "other");
  const auto both = fallback(local, remote);
  const auto hit = both->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->info().source, HitSource::remote);
  ASSERT_TRUE((*hit)->restore());
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
  EXPECT_EQ((*local->look_up(key('1'), a_))->info().outputs, 1U);
}

TEST_F(RemoteFallback, AHitOfAnotherFormatIsRestoredAndNeverPutTogetherFromTheTree) {
  base_.write("checkout/packages/a/dist/one.js", "1");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  wipe("packages/a/dist");
  const auto local = backfill(root_, "");
  const auto both = fallback(local, remote_);
  ASSERT_TRUE(*both->fetch(key('1'), a_));
  EXPECT_TRUE(base_.exists("checkout/packages/a/dist/one.js"));
  // Nobody knows whether this is part of the entry.
  base_.write("checkout/packages/a/dist/other.js", "other");
  EXPECT_THAT(both->put(key('1'), a_)->not_stored_because, HasSubstr("another format"));
  EXPECT_FALSE(*local->look_up(key('1'), a_));
  // After a run it is known.
  ASSERT_TRUE(both->prepare(a_));
  EXPECT_TRUE(both->put(key('1'), a_)->entry);
}

TEST_F(RemoteFallback, ARunIsStoredInBothFormats) {
  const auto local = backfill(root_, "");
  const auto both = fallback(local, remote_);
  base_.write("checkout/packages/a/dist/one.js", "1");
  ASSERT_TRUE(both->put(key('1'), a_)->entry);
  EXPECT_TRUE(*local->look_up(key('1'), a_));
  EXPECT_TRUE(has(*remote_));
}

TEST_F(RemoteFallback, ALocalHitOfAnotherFormatGoesToNoRemote) {
  const auto local = backfill(root_, "");
  const auto both = fallback(local, remote_);
  base_.write("checkout/packages/a/dist/one.js", "1");
  ASSERT_TRUE(local->put(key('1'), a_)->entry);
  ASSERT_TRUE(*both->fetch(key('1'), a_));
  ASSERT_TRUE(both->put(key('1'), a_));
  EXPECT_FALSE(has(*remote_));
}

/// A cache that is out of order in a given way.
class FailingProvider : public CacheProvider {
 public:
  explicit FailingProvider(ErrorKind kind) : kind_(kind) {}
  Result<std::unique_ptr<CacheHit>> look_up(const std::string&, const Target&) override { return broken(); }
  Status prepare(const Target&) override { return broken(); }
  Result<PutResult> put(const std::string&, const Target&, const RunResult&) override { return broken(); }
  Status put_archive(const std::string&, const Target&, const std::string&) override { return broken(); }
  Status clear() override { return broken(); }
  Status purge(int) override { return broken(); }
  int asked() const { return asked_; }

 private:
  tl::unexpected<Error> broken() {
    ++asked_;
    return fail(kind_, "it is broken");
  }
  ErrorKind kind_;
  int asked_ = 0;
};

class Tolerant : public CacheTest {
 protected:
  const Target a_ = target("a#build");
};

TEST_F(Tolerant, FailuresAreMissesAndToldOnce) {
  const auto inner = std::make_shared<FailingProvider>(ErrorKind::io);
  TolerantCacheProvider tolerant(inner, "the cache");
  for (int i = 0; i < 10; ++i) {
    const auto hit = tolerant.look_up(key('1'), a_);
    ASSERT_TRUE(hit);
    EXPECT_FALSE(*hit);
  }
  EXPECT_EQ(inner->asked(), 10);
  EXPECT_EQ(told_of("it is broken"), 1U);
  const auto stored = tolerant.put(key('1'), a_);
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->not_stored_because, HasSubstr("it is broken"));
  EXPECT_TRUE(tolerant.put_archive(key('1'), a_, "/dev/null"));
  EXPECT_EQ(told_of("it is broken"), 1U);
  EXPECT_FALSE(tolerant.clear());
}

TEST_F(Tolerant, ADeadRemoteIsLeftAloneForTheRestOfTheRun) {
  const auto inner = std::make_shared<FailingProvider>(ErrorKind::network);
  TolerantCacheProvider tolerant(inner, "the remote cache");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(tolerant.look_up(key('1'), a_));
  EXPECT_EQ(inner->asked(), 3);
  EXPECT_THAT(tolerant.put(key('1'), a_)->not_stored_because, HasSubstr("out of reach"));
  EXPECT_EQ(inner->asked(), 3);
}

TEST_F(Tolerant, WhatCouldNotBePreparedIsNotStored) {
  const auto inner = std::make_shared<FailingProvider>(ErrorKind::io);
  TolerantCacheProvider tolerant(inner, "the cache");
  EXPECT_TRUE(tolerant.prepare(a_));
  EXPECT_THAT(tolerant.put(key('1'), a_)->not_stored_because, HasSubstr("made ready"));
  EXPECT_EQ(inner->asked(), 1);
}

}  // namespace
}  // namespace stillage::test
