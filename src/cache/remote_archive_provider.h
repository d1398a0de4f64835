// SPDX-License-Identifier: MIT
#pragma once
// A remote cache of native entries: each is the blob `v1/<key>`, the archive as it lies in a local store
// (docs/formats/remote.md). A look-up is one GET; what comes is verified while it streams into a file of the
// local store, and is an entry of that store from then on. Failures are failures here: see
// TolerantCacheProvider. Safe for use from many threads.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/entry_intake.h"
#include "base/strings.h"
#include "blob/blob_store.h"
#include "blob/metered_store.h"
#include "cache/archive_cache_provider.h"
#include "cache/entry_seal.h"
#include "cache/remote_control.h"
#include "cache/single_flight.h"
#include "cache/store.h"
#include "cache/upload_queue.h"

namespace stillage::cache {

/// A part of a remote, and what vouches for the entries there.
struct RemotePlace {
  std::shared_ptr<blob::BlobStore> blobs;
  /// Null: entries travel without a seal, and none is asked for.
  std::shared_ptr<const EntrySeal> seal;
};

struct RemoteArchiveOptions {
  std::shared_ptr<blob::BlobStore> blobs;
  /// What it tells counts in messages once for each topic: other parts that speak of the same remote have
  /// the same one.
  std::string topic;
  /// Where what is downloaded lands: the local store, or one that ends with this process.
  std::shared_ptr<Store> store;
  /// The checkout's own provider: restores what was downloaded, and packs where there is no local cache.
  /// Called when it is needed first, once.
  std::function<Result<std::shared_ptr<ArchiveCacheProvider>>()> home;
  /// The root of the checkout: entries that are bound to another one are misses.
  std::string root;
  bool reads = true;
  bool writes = true;
  /// Whether what the remote has is replaced, though nothing is known to be wrong with it.
  bool replaces = false;
  /// Of `blobs`, as in a RemotePlace.
  std::shared_ptr<const EntrySeal> seal;
  /// Where entries are looked for, each place only when the one before has none that may be used; empty: in
  /// `blobs`. Uploads go to `blobs` in any case.
  std::vector<RemotePlace> read_from = {};
  /// The origins of entries that uploads may have been made with; nothing: of any. Others are not uploaded,
  /// which is told once.
  std::optional<std::vector<std::string>> may_stand_on = {};
  /// Counts the bytes; may be null.
  std::shared_ptr<const blob::MeteredStore> meter;
  /// Whether uploads go on in the background. A file that is not in `store` is uploaded at once all the same.
  bool uploads_in_background = false;
  UploadQueueOptions uploads = {};
};

/// The blob of an entry.
std::string remote_key(std::string_view hash);

class RemoteArchiveProvider : public CacheProvider, public RemoteControl {
 public:
  explicit RemoteArchiveProvider(RemoteArchiveOptions options);
  /// Drops the uploads that finish_uploads() did not wait for.
  ~RemoteArchiveProvider() override;

  /// A damaged entry, or one of something else, is a miss that is told once; a later put of the same key
  /// takes its place.
  Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) override;
  Status prepare(const Target& target) override;
  Status abandon(const Target& target) override;
  Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) override;
  Status put_archive(const std::string& hash, const Target& target, const std::string& archive) override;
  /// `unsupported`: a remote cache is not one person's to clear.
  Status clear() override;
  Status purge(int days) override;
  bool is_read_only() const override { return !options_.writes; }

  std::string remote_name() const override { return options_.blobs->name(); }
  RemoteFigures figures() const override;
  bool seems_to_have(const std::string& hash, const Target& target) override;
  void cancel_look_ups() override { look_ups_.request_stop(); }
  UploadsLeft uploads_left() const override { return uploads_.left(); }
  UploadsEnd finish_uploads(const UploadWait& wait, const std::stop_token& stop,
                            const std::function<void(const UploadsLeft&)>& progress) override;

 private:
  friend class RemoteHit;

  Result<ArchiveCacheProvider*> home();
  Result<std::unique_ptr<CacheHit>> download_from_any(const std::string& hash, const Target& target);
  Result<std::unique_ptr<CacheHit>> download(const RemotePlace& place, const std::string& hash,
                                             const Target& target);
  Result<std::unique_ptr<CacheHit>> install(const RemotePlace& place, archive::TakenEntry taken,
                                            const Target& target);
  /// Notes that what lies there under this key is no good, and tells it once.
  void refuse(const RemotePlace& place, const std::string& hash, const Target& target,
              const std::string& why);
  /// The next put of that key replaces what is there.
  void set_refused(const std::string& hash);
  bool is_refused(const std::string& hash);

  struct Upload {
    std::string hash;
    std::string target;
    os::Fd file;
  };
  Result<std::string> seal_of(const Upload& upload) const;
  /// True if the remote has the entry now.
  Result<bool> upload(const Upload& upload, const std::stop_token& stop);
  Result<bool> may_upload(const Target& target);
  /// False if it was cancelled.
  bool upload_from_store(const std::string& hash, const std::string& target, const std::string& name,
                         const std::stop_token& stop);

  const RemoteArchiveOptions options_;
  const std::vector<RemotePlace> places_;  ///< options_.read_from, never empty
  SingleFlight flights_;
  std::stop_source look_ups_;
  std::mutex mutex_;
  std::shared_ptr<ArchiveCacheProvider> home_;
  base::StringSet refused_;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  std::atomic<std::uint64_t> stored_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> damaged_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  UploadQueue uploads_;  ///< last: its threads use all of the above
};

}  // namespace stillage::cache
