// SPDX-License-Identifier: MIT
#include "config/remote_store.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "blob/breaker_store.h"
#include "blob/max_size_store.h"
#include "blob/retry_store.h"
#include "cache/spool.h"
#include "cache/tolerant_cache_provider.h"
#include "os/path.h"
#include "os/scratch_dir.h"
#include "os/user_dirs.h"

namespace stillage::config {
namespace {

/// Entries wait on the disk, so more at a time would only compete for the line.
constexpr std::size_t kUploadThreads = 6;

}  // namespace

bool names_remote(const CacheOptions& options) {
  const auto& storage = options.cache_storage_config;
  return storage && !storage->provider.empty() && storage->provider != "local" &&
         storage->provider != "local-skip" && storage->provider != "custom";
}

void warn_of_unusable_remote(const CacheOptions& options) {
  const auto& storage = options.cache_storage_config;
  if (storage && storage->provider == "custom")
    base::warn_once("unusable remote",
                    "cacheStorageConfig.provider is a function, which can't be called from here: there is no "
                    "remote cache");
}

RemoteStore decorate(std::shared_ptr<blob::BlobStore> bare, std::uint64_t max_size) {
  RemoteStore remote;
  remote.topic = "remote " + bare->name();
  std::shared_ptr<blob::BlobStore> store =
      std::make_shared<blob::BreakerStore>(std::move(bare), blob::BreakerOptions{.topic = remote.topic});
  store = std::make_shared<blob::RetryStore>(std::move(store), blob::Retrier({}));
  const auto meter = std::make_shared<blob::MeteredStore>(std::move(store));
  remote.meter = meter;
  remote.blobs = std::make_shared<blob::MaxSizeStore>(meter, max_size);
  return remote;
}

Result<RemoteStore> open_remote_store(const CacheStorageConfig& storage, const StorePlace& place) {
  STILLAGE_ASSIGN(auto bare, open_blob_store(storage, place));
  return decorate(std::move(bare), storage.max_size);
}

cache::UploadQueueOptions upload_options(const RemoteStore& remote) {
  return {.threads = kUploadThreads,
          .moved = [meter = remote.meter] { return meter->figures().bytes_sent + meter->work_seen(); }};
}

cache::RemoteArchiveOptions archive_options(const RemoteStore& remote, const CacheOptions& options) {
  cache::RemoteArchiveOptions own;
  own.blobs = remote.blobs;
  own.topic = remote.topic;
  own.reads = options.mode == CacheMode::read_write || options.mode == CacheMode::read_only;
  own.writes = options.write_remote_cache &&
               (options.mode == CacheMode::read_write || options.mode == CacheMode::write_only);
  own.replaces = options.replace_remote_entries;
  own.meter = remote.meter;
  own.uploads = upload_options(remote);
  return own;
}

std::shared_ptr<CacheProvider> make_tolerant(std::shared_ptr<CacheProvider> provider,
                                             const RemoteStore& remote) {
  // The breaker is who gives a remote up.
  return std::make_shared<cache::TolerantCacheProvider>(
      std::move(provider), remote.blobs->name(),
      cache::TolerantOptions{.topic = remote.topic, .rests_after = 0});
}

Result<std::shared_ptr<cache::Store>> open_user_spool() {
  if (const auto user = os::user_cache_dir()) {
    auto spool = cache::open_spool(os::join_path(*user, "spool"));
    if (spool) return spool;
  }
  // A home that can't be written.
  struct Elsewhere {
    os::ScratchDir folder;
    std::shared_ptr<cache::Store> store;
  };
  STILLAGE_ASSIGN(os::ScratchDir folder, os::ScratchDir::make());
  STILLAGE_ASSIGN(auto store, cache::open_spool(folder / "spool"));
  const auto held =
      std::make_shared<Elsewhere>(Elsewhere{.folder = std::move(folder), .store = std::move(store)});
  return std::shared_ptr<cache::Store>(held, held->store.get());
}

}  // namespace stillage::config
