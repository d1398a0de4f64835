// SPDX-License-Identifier: MIT
#pragma once
// Backfill's remote cache as a build uses it: what fails is a miss or a skipped write, and what the local
// cache has taken is uploaded behind the build. Safe for use from many threads.

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include "blob/metered_store.h"
#include "cache/backfill_store.h"
#include "cache/remote_control.h"
#include "cache/tar_cache_provider.h"
#include "cache/tolerant_cache_provider.h"
#include "cache/upload_queue.h"

namespace stillage::cache {

struct TarRemoteOptions {
  std::shared_ptr<blob::BlobStore> store;
  /// As for TarCacheProvider.
  BackfillCacheProviderOptions place;
  /// What is told of this remote is told once under it.
  std::string topic;
  /// Counts the bytes; may be null.
  std::shared_ptr<const blob::MeteredStore> meter;
  UploadQueueOptions uploads = {};
};

class TarRemote : public CacheProvider, public RemoteControl {
 public:
  explicit TarRemote(TarRemoteOptions options);
  /// Drops the uploads that finish_uploads() did not wait for.
  ~TarRemote() override;

  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  /// An entry of the local cache is uploaded in the background, anything else at once.
  Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                    const RunResult& run = {}) override;
  Status clear() override { return tars_->clear(); }
  Status purge(int days) override { return tars_->purge(days); }
  bool is_read_only() const override { return tars_->is_read_only(); }

  std::string remote_name() const override { return store_->name(); }
  RemoteFigures figures() const override;
  bool seems_to_have(const std::string& hash, const Target& target) override;
  void cancel_look_ups() override { look_ups_.request_stop(); }
  UploadsLeft uploads_left() const override { return uploads_.left(); }
  UploadsEnd finish_uploads(const UploadWait& wait, const std::stop_token& stop,
                            const std::function<void(const UploadsLeft&)>& progress) override;

 private:
  /// False if it was cancelled.
  bool upload(const std::string& hash, const Target& target, const BackfillEntry& entry,
              const std::stop_token& stop);

  const std::shared_ptr<blob::BlobStore> store_;
  const std::shared_ptr<const blob::MeteredStore> meter_;
  const std::string topic_;
  std::stop_source look_ups_;
  BackfillStore local_;
  std::shared_ptr<TarCacheProvider> tars_;
  TolerantCacheProvider tolerant_;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  std::atomic<std::uint64_t> stored_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  UploadQueue uploads_;  ///< last: its threads use all of the above
};

}  // namespace stillage::cache
