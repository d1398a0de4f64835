// SPDX-License-Identifier: MIT
#include "config/lage_remote.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "cache/tar_cache_provider.h"
#include "config/remote_store.h"
#include "stillage/backfill_cache_provider.h"

namespace stillage::config {
namespace {

bool is_local(const std::string& provider) {
  return provider.empty() || provider == "local" || provider == "local-skip";
}

struct OpenedRemote {
  std::shared_ptr<CacheProvider> provider;
  RemoteStore store;
};

/// `place.cache_options.cache_storage_config` is what names the remote.
Result<OpenedRemote> open_remote(BackfillCacheProviderOptions place, const run::Environment& environment) {
  const CacheStorageConfig& storage = *place.cache_options.cache_storage_config;
  if (storage.provider != "azure-blob" && storage.provider != "npm")
    return fail(
        ErrorKind::invalid,
        fmt::format("the cache provider \"{}\" is none of lage's: use \"azure-blob\", \"npm\", \"local\" "
                    "or \"local-skip\", or leave out compat for a cache in our own format",
                    base::printable(storage.provider)));
  STILLAGE_ASSIGN(auto bare, open_blob_store(storage, {.root = place.root,
                                                       .environment = environment,
                                                       .requests = Requests::as_backfill}));
  // Backfill's limit counts the files, not the tar: that is the provider's to keep.
  OpenedRemote remote{.provider = nullptr, .store = decorate(std::move(bare), 0)};
  remote.provider = std::make_shared<cache::TarCacheProvider>(
      cache::TarCacheProviderOptions{.store = remote.store.blobs, .place = std::move(place)});
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
  STILLAGE_ASSIGN(
      OpenedRemote remote,
      open_remote({.root = checkout.workspace.root, .cache_options = options}, checkout.environment));
  return make_tolerant(std::move(remote.provider), remote.store);
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
  STILLAGE_ASSIGN(OpenedRemote remote, open_remote(std::move(place), environment));
  return std::move(remote.provider);
}

}  // namespace stillage::config
