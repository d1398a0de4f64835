// SPDX-License-Identifier: MIT
#pragma once
// A remote's store with all that every remote gets around it, so that a bad one neither breaks nor stalls a
// build.

#include <cstdint>
#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "blob/metered_store.h"
#include "cache/remote_archive_provider.h"
#include "config/store_table.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

struct RemoteStore {
  std::shared_ptr<blob::BlobStore> blobs;
  /// Part of `blobs`: its figures.
  std::shared_ptr<const blob::MeteredStore> meter;
  /// Whoever speaks of this remote does so under this topic: what is told of it is told once.
  std::string topic;
};

/// Whether a remote cache is named: anything but "", "local", "local-skip" and "custom".
bool names_remote(const CacheOptions& options);

/// Tells once that the provider is a function of the configuration, if it is: there is no remote cache then.
void warn_of_unusable_remote(const CacheOptions& options);

/// Opens the store that `storage` names, as open_blob_store does, and decorates it.
Result<RemoteStore> open_remote_store(const CacheStorageConfig& storage, const StorePlace& place);

/// From the inside out: a breaker, which sees every attempt; retries; figures; the limit of size (0: none).
RemoteStore decorate(std::shared_ptr<blob::BlobStore> bare, std::uint64_t max_size);

/// How uploads to this remote go on behind a build.
cache::UploadQueueOptions upload_options(const RemoteStore& remote);

/// What the store and `options` (mode, write_remote_cache) say of a provider of native entries over it; where
/// its checkout and its local store are is left open.
cache::RemoteArchiveOptions archive_options(const RemoteStore& remote, const CacheOptions& options);

/// The provider as a build sees it: what fails is a miss or a skipped write.
std::shared_ptr<CacheProvider> make_tolerant(std::shared_ptr<CacheProvider> provider,
                                             const RemoteStore& remote);

/// A store that ends with this process, in the user's cache folder; where that can't be written, in the
/// system's folder for temporary files.
Result<std::shared_ptr<cache::Store>> open_user_spool();

}  // namespace stillage::config
