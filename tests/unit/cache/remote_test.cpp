// SPDX-License-Identifier: MIT
// Two users, each with a checkout and a local store, and one remote between them.
#include "cache/remote_archive_provider.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "archive/seal_frame.h"
#include "cache/spool.h"
#include "cache/tolerant_cache_provider.h"
#include "os/dir.h"
#include "os/file.h"
#include "stillage/remote_fallback_cache_provider.h"
#include "support/memory_store.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using cache::RemoteArchiveProvider;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Says "sealed <key>" of every entry, and takes nothing else.
class PlainSeal final : public cache::EntrySeal {
 public:
  Result<std::string> seal(const cache::SealedFacts& facts) const override { return text(facts); }
  Result<std::string> check(const cache::SealedFacts& facts, std::string_view seal) const override {
    if (seal != text(facts)) return fail(ErrorKind::auth, "its seal is not ours");
    return std::string();
  }

 private:
  static std::string text(const cache::SealedFacts& facts) {
    return "sealed " + facts.key + facts.target +
           std::string(facts.manifest_digest.begin(), facts.manifest_digest.end());
  }
};

class Remote : public CacheTest {
 protected:
  Remote() { reset("store"); }

  /// As a new process of a user with that store.
  void reset(const std::string& store) {
    close_all();
    auto chosen = options();
    store_ = *cache::Store::open(base_ / store, std::nullopt);
    chosen.store = store_;
    local_ = make_provider(std::move(chosen));
    make_remote();
  }
  void close_all() {
    both_.reset();
    remote_.reset();
    local_.reset();
  }
  void make_remote() {
    cache::RemoteArchiveOptions own;
    own.blobs = blobs_;
    own.topic = "the remote";
    own.store = store_;
    own.home = [local = local_]() -> Result<std::shared_ptr<cache::ArchiveCacheProvider>> { return local; };
    own.root = root_;
    own.seal = seal_;
    own.uploads_in_background = background_;
    remote_ = std::make_shared<RemoteArchiveProvider>(std::move(own));
    both_ = std::make_shared<RemoteFallbackCacheProvider>(RemoteFallbackCacheProviderOptions{
        .local_cache_provider = local_, .remote_cache_provider = remote_, .write_remote_cache = true});
  }
  /// One run of `a_`, stored under key 1.
  void build(const std::string& content = "1") {
    ASSERT_TRUE(both_->prepare(a_));
    base_.write("checkout/packages/a/dist/one.js", content);
    const auto stored = both_->put(key('1'), a_);
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_TRUE(stored->entry) << stored->not_stored_because;
  }
  /// What the next user finds.
  std::unique_ptr<CacheHit> find() {
    auto found = both_->look_up(key('1'), a_);
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(*found) : nullptr;
  }
  std::string& blob() { return blobs_->blobs.at("v1/" + key('1')); }
  std::size_t temporary_files() { return os::list_dir(store_->temp_folder())->size(); }

  std::shared_ptr<MemoryStore> blobs_ = std::make_shared<MemoryStore>();
  std::shared_ptr<cache::EntrySeal> seal_;
  bool background_ = false;
  std::shared_ptr<cache::ArchiveCacheProvider> local_;
  std::shared_ptr<RemoteArchiveProvider> remote_;
  std::shared_ptr<RemoteFallbackCacheProvider> both_;
  const Target a_ = target("a#build");
};

TEST_F(Remote, AnEntryTravelsAsItIs) {
  build();
  const std::string entry = *os::read_file(only_entry());
  EXPECT_EQ(blob(), entry);
  wipe("packages/a/dist");
  reset("store2");
  const auto hit = find();
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->info().source, HitSource::remote);
  EXPECT_EQ(hit->info().stored_bytes, entry.size());
  ASSERT_TRUE(hit->restore());
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
  EXPECT_EQ(*os::read_file(store_->path_of(cache::entry_name(key('1'), "a#build", ""))), entry);
  EXPECT_EQ(temporary_files(), 0U);
  // From now on it is there.
  const int calls = blobs_->calls();
  reset("store2");
  EXPECT_EQ(find()->info().source, HitSource::local);
  EXPECT_EQ(blobs_->calls(), calls);
}

TEST_F(Remote, AMissCostsOneRequestAndLeavesNothing) {
  EXPECT_FALSE(find());
  EXPECT_EQ(blobs_->calls(), 1);
  EXPECT_EQ(temporary_files(), 0U);
  EXPECT_EQ(remote_->figures().misses, 1U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Remote, DamageIsAMissToldOnceAndReplacedByThisRunsResult) {
  build();
  const std::string good = blob();
  for (std::string bad : {good.substr(0, good.size() / 2), std::string("<html>please log in</html>"),
                          std::string(), good + "x", good.substr(0, 100) + "?" + good.substr(101)}) {
    reset("store");
    ASSERT_TRUE(local_->clear());
    blob() = bad;
    (void)told();
    base::set_log_sink(base::set_log_sink(nullptr));  // a new process tells anew
    EXPECT_FALSE(find());
    EXPECT_FALSE(find());
    EXPECT_EQ(told_of("can't be used"), 1U);
    EXPECT_EQ(temporary_files(), 0U);
    EXPECT_EQ(remote_->figures().damaged, 1U);
    build();
    EXPECT_EQ(blob(), *os::read_file(only_entry()));
  }
}

TEST_F(Remote, AnEntryOfSomethingElseIsRefused) {
  build();
  blobs_->blobs["v1/" + key('2')] = blob();
  const auto other_key = both_->look_up(key('2'), a_);
  ASSERT_TRUE(other_key);
  EXPECT_FALSE(*other_key);
  EXPECT_EQ(told_of("under another name"), 1U);
  // As a hostile writer would make it: files where the target has no outputs.
  reset("store2");
  const Target elsewhere = target("a#build", {{"other/**"}});
  const auto not_outputs = both_->look_up(key('1'), elsewhere);
  ASSERT_TRUE(not_outputs);
  EXPECT_FALSE(*not_outputs);
  EXPECT_EQ(remote_->figures().damaged, 1U);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(Remote, WhatIsBoundToAnotherCheckoutIsAQuietMiss) {
  build("path: " + root_);
  reset("store2");
  root_ = base_ / "moved";
  make_remote();
  EXPECT_FALSE(*remote_->look_up(key('1'), a_));
  EXPECT_THAT(told(), ::testing::Not(::testing::Contains(HasSubstr("can't be used"))));
  EXPECT_EQ(remote_->figures().damaged, 0U);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(Remote, TheFirstWriterWinsWhereTheStoreCanTell) {
  build();
  const std::string first = blob();
  ASSERT_TRUE(local_->clear());
  blobs_->before = [](const std::string& verb, const std::stop_token&) -> blob::Outcome<void> {
    if (verb == "get") return net::failure(net::FailureKind::transient, "busy");
    return {};
  };
  ASSERT_FALSE(both_->look_up(key('1'), a_));
  build("2");
  EXPECT_EQ(blob(), first);
  EXPECT_EQ(remote_->figures().stored, 1U);
  blobs_->claimed.conditional = false;
  ASSERT_TRUE(local_->clear());
  build("3");
  EXPECT_NE(blob(), first);
}

TEST_F(Remote, AConflictIsASuccess) {
  blobs_->before = [](const std::string& verb, const std::stop_token&) -> blob::Outcome<void> {
    if (verb == "put") return net::failure(net::FailureKind::conflict, "somebody was first");
    return {};
  };
  build();
  EXPECT_EQ(remote_->figures().failures, 0U);
}

TEST_F(Remote, SealsTravelBehindTheEntryAndAreChecked) {
  seal_ = std::make_shared<PlainSeal>();
  reset("store");
  build();
  const std::string entry = *os::read_file(only_entry());
  EXPECT_TRUE(blob().starts_with(entry));
  EXPECT_GT(blob().size(), entry.size());
  reset("store2");
  ASSERT_TRUE(find());
  EXPECT_EQ(*os::read_file(store_->path_of(cache::entry_name(key('1'), "a#build", ""))), entry);

  blob() = entry + archive::make_seal_frame("forged");
  reset("store3");
  EXPECT_FALSE(find());
  EXPECT_EQ(told_of("its seal is not ours"), 1U);
  EXPECT_FALSE(*local_->look_up(key('1'), a_));
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(Remote, WithoutALocalCacheEntriesGoThroughASpool) {
  const auto open_spooled = [&] {
    close_all();
    store_ = *cache::open_spool(base_ / "spool");
    auto chosen = options();
    chosen.store = store_;
    local_ = make_provider(std::move(chosen));
    make_remote();
    both_ = std::make_shared<RemoteFallbackCacheProvider>(RemoteFallbackCacheProviderOptions{
        .local_cache_provider = nullptr, .remote_cache_provider = remote_, .write_remote_cache = true});
    store_.reset();
  };
  open_spooled();
  build();
  wipe("packages/a/dist");
  open_spooled();
  auto hit = find();
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->info().source, HitSource::remote);
  ASSERT_TRUE(hit->restore());
  EXPECT_EQ(base_.read("checkout/packages/a/dist/one.js"), "1");
  EXPECT_EQ(os::list_dir(base_ / "spool")->size(), 1U);
  hit.reset();
  close_all();
  EXPECT_TRUE(os::list_dir(base_ / "spool")->empty());
}

TEST_F(Remote, ASpoolOfADeadProcessIsSweptAndThatOfALivingOneIsNot) {
  const auto living = *cache::open_spool(base_ / "spool");
  base_.make_dir("spool/" + os::temp_name() + "/v1");
  base_.make_dir("spool/somebody's own");
  const auto another = *cache::open_spool(base_ / "spool");
  EXPECT_EQ(os::list_dir(base_ / "spool")->size(), 3U);
  EXPECT_TRUE(os::is_directory(living->folder()));
}

TEST_F(Remote, UploadsGoOnBehindTheBuild) {
  background_ = true;
  reset("store");
  std::atomic<bool> may_go = false;
  blobs_->before = [&](const std::string& verb, const std::stop_token&) -> blob::Outcome<void> {
    while (verb == "put" && !may_go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  };
  build();  // returns
  EXPECT_EQ(remote_->uploads_left().entries, 1U);
  may_go = true;
  EXPECT_EQ(remote_->finish_uploads({}, {}, {}).why, cache::WaitEnd::all_done);
  EXPECT_TRUE(blobs_->blobs.contains("v1/" + key('1')));
  EXPECT_EQ(remote_->figures().stored, 1U);
}

TEST_F(Remote, WhatWasEvictedBeforeItsUploadIsDroppedAndCounted) {
  background_ = true;
  reset("store");
  std::atomic<bool> may_go = false;
  blobs_->before = [&](const std::string&, const std::stop_token&) -> blob::Outcome<void> {
    while (!may_go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  };
  // So many uploads are held up that the last one has not been opened.
  for (char digit = 'a'; digit <= 'e'; ++digit) {
    ASSERT_TRUE(both_->prepare(a_));
    base_.write("checkout/packages/a/dist/one.js", std::string(1, digit));
    ASSERT_TRUE(both_->put(key(digit), a_));
  }
  ASSERT_TRUE(local_->clear());
  may_go = true;
  (void)remote_->finish_uploads({}, {}, {});
  EXPECT_GE(remote_->figures().dropped, 1U);
  EXPECT_EQ(remote_->figures().dropped + remote_->figures().stored, 5U);
}

TEST_F(Remote, AFailedUploadIsToldOnceAndFailsNothing) {
  background_ = true;
  reset("store");
  blobs_->before = [](const std::string& verb, const std::stop_token&) -> blob::Outcome<void> {
    if (verb == "put") return net::failure(net::FailureKind::unauthorised, "403 from the server");
    return {};
  };
  build();
  (void)remote_->finish_uploads({}, {}, {});
  EXPECT_EQ(remote_->figures().failures, 1U);
  const auto messages = told();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0], ::testing::AllOf(HasSubstr("the test's cache"), HasSubstr("403"),
                                            HasSubstr("check its credentials")));
}

TEST_F(Remote, LookUpsThatNobodyWantsEnd) {
  std::atomic<bool> asked = false;
  blobs_->before = [&](const std::string&, const std::stop_token& stop) -> blob::Outcome<void> {
    asked = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return net::failure(net::FailureKind::cancelled, "cancelled");
  };
  std::jthread looking([&] {
    const auto found = remote_->look_up(key('1'), a_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::cancelled);
  });
  while (!asked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  remote_->cancel_look_ups();
  looking.join();
  EXPECT_EQ(remote_->figures().failures, 0U);
}

TEST_F(Remote, AKeyIsDownloadedOnceHoweverManyAsk) {
  build();
  reset("store2");
  blobs_->before = [](const std::string&, const std::stop_token&) -> blob::Outcome<void> {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return {};
  };
  const int before = blobs_->calls();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        const auto found = both_->look_up(key('1'), a_);
        EXPECT_TRUE(found && *found);
      });
  }
  EXPECT_EQ(blobs_->calls() - before, 1);
}

TEST_F(Remote, OnlyWhatFailsForTheFirstTimeIsTold) {
  const auto tolerant = std::make_shared<cache::TolerantCacheProvider>(
      remote_, "the test's cache", cache::TolerantOptions{.topic = "the remote", .rests_after = 0});
  blobs_->before = [](const std::string&, const std::stop_token&) -> blob::Outcome<void> {
    return net::failure(net::FailureKind::transient, "no answer");
  };
  for (int i = 0; i < 10; ++i) {
    const auto found = tolerant->look_up(key('1'), a_);
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
  }
  EXPECT_EQ(blobs_->calls(), 10);  // giving up is the breaker's to do
  EXPECT_EQ(told().size(), 1U);
}

}  // namespace
}  // namespace stillage::test
