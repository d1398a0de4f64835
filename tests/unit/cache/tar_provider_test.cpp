// SPDX-License-Identifier: MIT
// Backfill's remote cache over a store that a test can look into and make fail.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <sys/stat.h>

#include "archive/backfill_tar.h"
#include "archive/tar_header.h"
#include "cache/tar_cache_provider.h"
#include "cache/tolerant_cache_provider.h"
#include "os/at.h"
#include "os/file.h"
#include "stillage/remote_fallback_cache_provider.h"
#include "support/memory_store.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

using cache::TarCacheProvider;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class TarProvider : public CacheTest {
 protected:
  TarProvider() { reopen(); }

  void reopen(std::uint64_t max_size = 0, CacheOptions options = {}) {
    options.cache_storage_config = CacheStorageConfig{.provider = "azure-blob", .max_size = max_size};
    remote_ = std::make_shared<TarCacheProvider>(cache::TarCacheProviderOptions{
        .store = blobs_, .place = {.root = root_, .cache_options = std::move(options)}});
    local_ = std::make_shared<BackfillCacheProvider>(BackfillCacheProviderOptions{.root = root_});
    both_ = std::make_shared<RemoteFallbackCacheProvider>(RemoteFallbackCacheProviderOptions{
        .local_cache_provider = local_, .remote_cache_provider = remote_, .write_remote_cache = true});
  }
  void write(const std::string& name, const std::string& content, unsigned mode = 0644) {
    base_.write("checkout/packages/a/" + name, content, mode);
  }
  std::string& blob() { return blobs_->blobs[key('1')]; }
  static std::string entry(const archive::BackfillTarFile& file, const std::string& content = "") {
    archive::BackfillTarFile sized = file;
    sized.size = content.size();
    std::string out;
    EXPECT_TRUE(archive::append_backfill_headers(sized, out));
    return out + content + std::string(archive::tar_padding(content.size()), '\0');
  }
  static std::string end() { return std::string(1024, '\0'); }
  /// A hit of `provider` is restored; false is a miss.
  Result<bool> fetch(CacheProvider& provider) {
    STILLAGE_ASSIGN(const auto hit, provider.look_up(key('1'), a_));
    if (!hit) return false;
    STILLAGE_TRY(hit->restore());
    return true;
  }
  /// Files with names of ours anywhere in the checkout.
  std::size_t temporary() const {
    std::size_t found = 0;
    for (const auto& [path, what] : tree("")) found += os::is_temp_name(path.substr(path.rfind('/') + 1));
    return found;
  }

  std::shared_ptr<MemoryStore> blobs_ = std::make_shared<MemoryStore>();
  std::shared_ptr<TarCacheProvider> remote_;
  std::shared_ptr<BackfillCacheProvider> local_;
  std::shared_ptr<CacheProvider> both_;
  Target a_ = target("a#build");
};

TEST_F(TarProvider, ATarOfTheTreeAndOneOfTheLocalEntryAreTheSame) {
  write("dist/one.js", "1", 0755);
  write("dist/deep/two", std::string(1000, '2'), 0400);
  base_.symlink("checkout/packages/a/dist/link", "one.js");
  ASSERT_TRUE(os::set_mtime_at(AT_FDCWD, root_ + "/packages/a/dist/one.js", 1'000'000'000'700'000'000));
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  const std::string from_tree = std::exchange(blob(), "");
  ASSERT_TRUE(both_->put(key('1'), a_)->entry);
  EXPECT_EQ(blob(), from_tree);
  EXPECT_EQ(blob().size(), 512U + 1024 + 512 + 1024 + 1024 - 512 + 512);
  EXPECT_THAT(blob(), HasSubstr("07346545000 "));
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(TarProvider, AHitIsRestoredWithItsLinksAndFillsTheLocalCache) {
  write("dist/one.js", "1", 0755);
  base_.symlink("checkout/packages/a/dist/link", "one.js");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  const auto before = tree("packages/a/dist");
  wipe("packages/a/dist");
  reopen();
  const auto hit = both_->look_up(key('1'), a_);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->info().source, HitSource::remote);
  ASSERT_TRUE((*hit)->restore());
  EXPECT_EQ(tree("packages/a/dist"), before);
  EXPECT_TRUE(*local_->look_up(key('1'), a_));
  // lage has no logs remotely, and leaves alone those that it has.
  EXPECT_FALSE(base_.exists("checkout/node_modules/.cache/lage/logs"));
}

TEST_F(TarProvider, WithoutALocalCacheItRestoresByItself) {
  write("dist/one.js", "1");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  wipe("packages/a/dist");
  write("dist/user.txt", "stays");
  EXPECT_TRUE(*fetch(*remote_));
  EXPECT_THAT(tree("packages/a/dist"),
              UnorderedElementsAre(Pair("one.js", "644 1"), Pair("user.txt", "644 stays")));
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(TarProvider, NothingMatchedIsATarOfZerosAndAHit) {
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  EXPECT_EQ(blob(), end());
  EXPECT_TRUE(*fetch(*both_));
}

TEST_F(TarProvider, CutAnywhereItIsAMissToldOnce) {
  write("dist/one.js", "1");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  const std::string whole = blob();
  wipe("packages/a/dist");
  cache::TolerantCacheProvider tolerant(remote_, "the remote cache");
  told();
  for (std::size_t size = 0; size < whole.size(); size += size < 600 ? 100 : 512) {
    blob() = whole.substr(0, size);
    const auto hit = remote_->look_up(key('1'), a_);
    ASSERT_FALSE(hit) << "a hit, cut to " << size;
    EXPECT_EQ(hit.error().kind, ErrorKind::corrupt);
    EXPECT_FALSE(*tolerant.look_up(key('1'), a_));
  }
  EXPECT_EQ(told_of("the remote cache could not be read"), 1U);
  EXPECT_EQ(temporary(), 0U);
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist"));
}

TEST_F(TarProvider, NothingIsWrittenOutsideOrThroughALink) {
  base_.make_dir("outside");
  const std::string outside = base_ / "outside";
  const auto link = [](const std::string& path, const std::string& text) {
    return entry({.path = path, .is_link = true, .link = text});
  };
  for (const std::string& tar : {link("dist/x", outside) + entry({.path = "dist/x/owned"}, "bad"),
                                 link("dist/x", "..") + link("dist/x/y", outside),
                                 entry({.path = "dist"}, "f") + entry({.path = "dist/a"}),
                                 entry({.path = "dist/a/b"}) + entry({.path = "dist/a"}, "f")}) {
    blob() = tar + end();
    const auto fetched = fetch(*both_);
    ASSERT_FALSE(fetched);
  }
  EXPECT_FALSE(base_.exists("checkout/packages/a/dist"));
  // What leads out of the package counts from its top; the text of a link is only a text.
  blob() = entry({.path = "../../dist/a"}, "1") + link("dist/far", outside) + end();
  base_.symlink("checkout/packages/a/dist", outside);
  EXPECT_FALSE(fetch(*both_)) << "the user's own link leads out of the checkout";
  ASSERT_EQ(::unlink((root_ + "/packages/a/dist").c_str()), 0);
  EXPECT_TRUE(*fetch(*both_));
  EXPECT_EQ(base_.read("checkout/packages/a/dist/a"), "1");
  EXPECT_THAT(tree("../outside"), IsEmpty());
  EXPECT_EQ(temporary(), 0U);
}

TEST_F(TarProvider, OfTwoFilesOfOneNameTheLaterCounts) {
  blob() = entry({.path = "dist/a", .is_link = true, .link = "b"}) +
           entry({.path = "dist/a", .mode = 0600}, "2") + entry({.path = "dist/b", .mode = 0644}, "3") +
           end();
  EXPECT_TRUE(*fetch(*both_));
  EXPECT_THAT(tree("packages/a/dist"), UnorderedElementsAre(Pair("a", "600 2"), Pair("b", "644 3")));
}

TEST_F(TarProvider, SpecialBitsAreNotRestored) {
  blob() = entry({.path = "dist/suid", .mode = 06777}, "s") + end();
  EXPECT_TRUE(*fetch(*remote_));
  struct stat made;
  ASSERT_EQ(::stat((root_ + "/packages/a/dist/suid").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0777 & ~os::file_mode_mask());
}

TEST_F(TarProvider, MaxSizeLimitsWhatIsSentAndFetched) {
  write("dist/one.js", std::string(100, '1'));
  base_.symlink("checkout/packages/a/dist/link", "one.js");
  // The sum of what each name leads to.
  reopen(199);
  const auto not_stored = remote_->put(key('1'), a_);
  ASSERT_TRUE(not_stored);
  EXPECT_THAT(not_stored->not_stored_because,
              HasSubstr("too large to be uploaded: " + key('1') + ", size: 200 bytes"));
  EXPECT_TRUE(remote_->put_folder(key('1'), a_, root_ + "/packages/a"));
  EXPECT_THAT(blobs_->blobs, IsEmpty());
  reopen(200);
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  const std::uint64_t size = blob().size();
  for (const bool announced : {true, false}) {
    blobs_->announces_sizes = announced;
    reopen(size - 1);
    const auto miss = remote_->look_up(key('1'), a_);
    ASSERT_TRUE(miss) << miss.error().message;
    EXPECT_FALSE(*miss);
    reopen(size);
    EXPECT_TRUE(*remote_->look_up(key('1'), a_));
  }
}

TEST_F(TarProvider, ModesOfTheCacheCount) {
  write("dist/one.js", "1");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  reopen(0, {.mode = CacheMode::write_only});
  EXPECT_FALSE(*remote_->look_up(key('1'), a_));
  reopen(0, {.mode = CacheMode::read_only});
  EXPECT_TRUE(*remote_->look_up(key('1'), a_));
  EXPECT_TRUE(remote_->is_read_only());
  EXPECT_FALSE(remote_->put(key('2'), a_)->entry);
  EXPECT_FALSE(remote_->put_folder(key('2'), a_, root_));
  EXPECT_FALSE(blobs_->blobs.contains(key('2')));
}

TEST_F(TarProvider, WhatATarCannotHoldIsNotStored) {
  write("dist/\xff", "1");
  const auto done = remote_->put(key('1'), a_);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->not_stored_because, HasSubstr("not UTF-8"));
  EXPECT_THAT(blobs_->blobs, IsEmpty());
}

TEST_F(TarProvider, OddHashesAreRefusedAndAnEmptyOneIsAMiss) {
  EXPECT_FALSE(remote_->look_up("../x", a_));
  EXPECT_FALSE(remote_->put("a/b", a_));
  EXPECT_FALSE(*remote_->look_up("", a_));
  EXPECT_FALSE(remote_->put("", a_)->entry);
  EXPECT_EQ(blobs_->calls(), 0);
}

TEST_F(TarProvider, IncrementalCachingLeavesOutWhatTheRunLeftAsItWas) {
  reopen(0, {.incremental_caching = true});
  write("dist/old.js", "old");
  EXPECT_FALSE(*remote_->look_up(key('1'), a_));
  write("dist/new.js", "new");
  ASSERT_TRUE(remote_->put(key('1'), a_)->entry);
  wipe("packages/a/dist");
  EXPECT_TRUE(*fetch(*remote_));
  EXPECT_THAT(tree("packages/a/dist"), ElementsAre(Pair("new.js", "644 new")));
}

}  // namespace
}  // namespace stillage::test
