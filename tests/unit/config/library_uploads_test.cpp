// SPDX-License-Identifier: MIT
// When a user of the library can rely on a result being in the remote cache.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "stillage/stillage.h"
#include "support/log_recorder.h"
#include "support/temp_dir.h"

namespace stillage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A store that takes a blob only once it is let.
class GatedStore final : public BlobStore {
 public:
  BlobStoreTraits traits() const override { return {.overwrite = true, .conditional = true}; }
  std::string name() const override { return "the store of the test"; }
  Result<bool> get(const std::string&, BlobSink&, std::stop_token) override { return false; }
  Result<bool> put(const std::string&, BlobSource& source, BlobPut, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return is_open_; })) return fail(ErrorKind::cancelled, "stopped");
    std::string bytes(source.size(), '\0');
    STILLAGE_TRY(source.rewind());
    STILLAGE_TRY(source.read(bytes));
    ++stored_;
    return true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  int stored() const { return stored_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_open_ = false;
  std::atomic<int> stored_ = 0;
};

class LibraryUploads : public testing::Test {
 protected:
  LibraryUploads() { dir_.write("repo/dist/out", "built"); }

  std::shared_ptr<RemoteCacheProvider> open(bool in_background) {
    auto remote = open_remote_cache(dir_ / "repo", store_,
                                    {.internal_cache_folder = dir_ / "store",
                                     .write_remote_cache = true,
                                     .upload_in_background = in_background});
    EXPECT_TRUE(remote) << remote.error().message;
    return remote ? *remote : nullptr;
  }
  void put(CacheProvider& cache) {
    const Target target{.id = "a#build",
                        .package_name = "a",
                        .task = "build",
                        .cwd = dir_ / "repo",
                        .outputs = {{"dist/**"}}};
    const auto stored = cache.put(std::string(64, 'a'), target);
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_TRUE(stored->entry) << stored->not_stored_because;
  }

  const test::TempDir dir_;
  const std::shared_ptr<GatedStore> store_ = std::make_shared<GatedStore>();
  test::LogRecorder log_;
};

TEST_F(LibraryUploads, ByDefaultAPutReturnsWhenTheResultIsThere) {
  store_->open();
  const auto remote = open(false);
  put(*remote);
  EXPECT_EQ(store_->stored(), 1);
  EXPECT_EQ(remote->pending_uploads().entries, 0U);
  EXPECT_EQ(remote->finish_uploads().entries, 0U);
  EXPECT_THAT(log_.warnings(), IsEmpty());
}

TEST_F(LibraryUploads, InTheBackgroundAPutWaitsForNothingAndTheEndForAll) {
  const auto remote = open(true);
  put(*remote);
  EXPECT_EQ(store_->stored(), 0);
  EXPECT_EQ(remote->pending_uploads().entries, 1U);
  EXPECT_GT(remote->pending_uploads().bytes, 0U);
  store_->open();
  EXPECT_EQ(remote->finish_uploads().entries, 0U);
  EXPECT_EQ(store_->stored(), 1);
  EXPECT_EQ(remote->pending_uploads().entries, 0U);
  EXPECT_THAT(log_.warnings(), IsEmpty());
}

TEST_F(LibraryUploads, AStopDropsWhatIsLeftWithoutAWord) {
  const auto remote = open(true);
  put(*remote);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(remote->finish_uploads(stop.get_token()).entries, 1U);
  EXPECT_EQ(store_->stored(), 0);
  EXPECT_THAT(log_.warnings(), IsEmpty());
}

TEST_F(LibraryUploads, WhoDoesNotWaitIsToldOfWhatWasDropped) {
  put(*open(true));
  EXPECT_EQ(store_->stored(), 0);
  EXPECT_THAT(log_.warnings(), ElementsAre(HasSubstr("finish_uploads() was not called")));
}

}  // namespace
}  // namespace stillage
