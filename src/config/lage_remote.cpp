// SPDX-License-Identifier: MIT
#include "config/lage_remote.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "blob/breaker_store.h"
#include "blob/retry_store.h"
#include "cache/tar_cache_provider.h"
#include "config/store_table.h"
#include "stillage/backfill_cache_provider.h"

namespace stillage::config {
namespace {

bool is_local(const std::string& provider) {
  return provider.empty() || provider == "local" || provider == "local-skip";
}

/// `place.cache_options.cache_storage_config` is what names the remote.
Result<std::shared_ptr<CacheProvider>> open_remote(BackfillCacheProviderOptions place,
                                                   const run::Environment& environment) {
  const CacheStorageConfig& storage = *place.cache_options.cache_storage_config;
  if (storage.provider != "azure-blob" && storage.provider != "npm")
    return fail(
        ErrorKind::invalid,
        fmt::format("the cache provider \"{}\" is none of lage's: use \"azure-blob\", \"npm\", \"local\" "
                    "or \"local-skip\", or leave out compat for a cache in our own format",
                    base::printable(storage.provider)));
  STILLAGE_ASSIGN(
      std::shared_ptr<blob::BlobStore> store,
      open_blob_store(storage,
                      {.root = place.root, .environment = environment, .requests = Requests::as_backfill}));
  // Who waits for an answer that does not come once, does not wait for it again.
  store = std::make_shared<blob::RetryStore>(std::move(store), blob::Retrier({.after_timeouts = false}));
  store = std::make_shared<blob::BreakerStore>(std::move(store), blob::BreakerOptions{});
  return std::make_shared<cache::TarCacheProvider>(
      cache::TarCacheProviderOptions{.store = std::move(store), .place = std::move(place)});
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
  return open_remote({.root = checkout.workspace.root, .cache_options = options},
                     run::Environment::of_process());
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
  return open_remote(std::move(place), environment);
}

}  // namespace stillage::config
