// SPDX-License-Identifier: MIT
#include "config/lage_remote.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "cache/tar_cache_provider.h"
#include "cache/tolerant_cache_provider.h"
#include "config/remote_store.h"
#include "config/store_table.h"
#include "stillage/backfill_cache_provider.h"

namespace stillage::config {
namespace {

bool is_local(const std::string& provider) {
  return provider.empty() || provider == "local" || provider == "local-skip";
}

struct TarRemote {
  std::shared_ptr<CacheProvider> provider;
  std::string name;
  std::string topic;
};

/// `place.cache_options.cache_storage_config` is what names the remote.
Result<TarRemote> open_remote(BackfillCacheProviderOptions place, const run::Environment& environment) {
  const CacheStorageConfig& storage = *place.cache_options.cache_storage_config;
  if (storage.provider != "azure-blob")
    return fail(ErrorKind::invalid,
                fmt::format("the cache provider \"{}\" is none of lage's: use \"azure-blob\", \"local\" or "
                            "\"local-skip\", or leave out compat for a cache in our own format",
                            base::printable(storage.provider)));
  STILLAGE_ASSIGN(
      std::shared_ptr<blob::BlobStore> store,
      open_blob_store(storage,
                      {.root = place.root, .environment = environment, .requests = Requests::as_backfill}));
  TarRemote remote{.provider = nullptr, .name = store->name(), .topic = {}};
  // Its own limit of size is one of outputs, not of blobs.
  RemoteStore decorated = decorate(std::move(store), 0);
  remote.topic = decorated.topic;
  remote.provider = std::make_shared<cache::TarCacheProvider>(
      cache::TarCacheProviderOptions{.store = std::move(decorated.blobs), .place = std::move(place)});
  return remote;
}

}  // namespace

Result<std::shared_ptr<CacheProvider>> open_lage_remote(const Checkout& checkout) {
  const CacheOptions& options = checkout.settings.cache_options;
  if (!options.cache_storage_config || is_local(options.cache_storage_config->provider))
    return std::shared_ptr<CacheProvider>();
  if (options.cache_storage_config->provider == "custom") {
    base::warn_once("custom provider",
                    "cacheStorageConfig.provider is a function, which can't be called from here: there is no "
                    "remote cache");
    return std::shared_ptr<CacheProvider>();
  }
  STILLAGE_ASSIGN(TarRemote remote, open_remote({.root = checkout.workspace.root, .cache_options = options},
                                                run::Environment::of_process()));
  return std::make_shared<cache::TolerantCacheProvider>(
      std::move(remote.provider), remote.name,
      cache::TolerantOptions{.topic = remote.topic, .rests_after = 0});
}

Result<std::shared_ptr<CacheProvider>> open_backfill_cache(const BackfillOptions& options,
                                                           const run::Environment& environment) {
  BackfillCacheProviderOptions place{.root = options.package_root,
                                     .cache_options = {.cache_storage_config = options.cache_storage_config,
                                                       .internal_cache_folder = options.internal_cache_folder,
                                                       .output_glob = options.output_glob,
                                                       .incremental_caching = options.incremental_caching,
                                                       .compat = Compat::lage},
                                     .layout = BackfillLayout::backfill};
  if (is_local(options.cache_storage_config.provider))
    return std::make_shared<BackfillCacheProvider>(std::move(place));
  STILLAGE_ASSIGN(TarRemote remote, open_remote(std::move(place), environment));
  return std::move(remote.provider);
}

}  // namespace stillage::config
