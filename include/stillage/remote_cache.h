// SPDX-License-Identifier: MIT
#pragma once
// A remote cache in Stillage's own format: the same archives as in the local one, each a blob of a store that
// a team shares (docs/formats/remote.md, docs/backends). To be used behind a local cache, as
// RemoteFallbackCacheProviderOptions::remote_cache_provider, or by itself.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "stillage/blob_store.h"
#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"

namespace stillage {

/// Uploads that are waiting or under way; or that were dropped.
struct PendingUploads {
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

/// A remote cache.
///
/// By default a put returns when the result is there, or the failure has been told: nothing is left to be
/// done. With CacheOptions::upload_in_background a put returns as soon as the local store has the result, and
/// a few threads upload what is in there, with a bound on the bytes in flight; then this is the end of a run:
///
///   const PendingUploads dropped = remote->finish_uploads(stop);
///
/// Without that call what is left when the provider ends is dropped, and told. Either way each entry is in
/// the remote whole or not at all.
class RemoteCacheProvider : public CacheProvider {
 public:
  /// What is waiting or under way now: for a line of progress.
  virtual PendingUploads pending_uploads() const = 0;
  /// Waits for the uploads, for CacheOptions::upload_wait at most and for 5 s without a byte, until `stop` is
  /// requested, or until the remote is left alone because it fails; drops the rest, which is told unless it
  /// was `stop` or a failure that was told, and returns it. To be called once, when all has been put: results
  /// that are put later are not uploaded. Other threads may call pending_uploads() meanwhile.
  virtual PendingUploads finish_uploads(std::stop_token stop = {}) = 0;
};

/// Opens the remote that `options.cache_storage_config` names, for the checkout at `root` (an existing
/// folder); nothing is asked of it yet. Errors (invalid): no remote is named, an unknown provider (with the
/// known ones), options that are missing, wrong or unknown.
///
/// What is fetched is verified while it comes, and kept in the local store that `options` name, which is that
/// of open_local_cache with the same options; with skip_local_cache, in one that ends with the provider.
/// Results are uploaded if write_remote_cache is set and the mode allows it.
/// A remote that fails is a miss or a skipped write, told once; one that does not answer is soon left alone.
Result<std::shared_ptr<RemoteCacheProvider>> open_remote_cache(const std::string& root,
                                                               const CacheOptions& options);

/// The same over a store of your own; cache_storage_config counts for its max_size only.
Result<std::shared_ptr<RemoteCacheProvider>> open_remote_cache(const std::string& root,
                                                               std::shared_ptr<BlobStore> store,
                                                               const CacheOptions& options = {});

}  // namespace stillage
