// SPDX-License-Identifier: MIT
#include "config/lage_remote.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "cache/tar_cache_provider.h"
#include "cache/tar_remote.h"
#include "config/remote_store.h"
#include "config/store_table.h"
#include "stillage/backfill_cache_provider.h"

namespace stillage::config {
namespace {

bool is_local(const std::string& provider) {
  return provider.empty() || provider == "local" || provider == "local-skip";
}

/// The store of tars that `storage` names, decorated. maxSize is the provider's to heed: it knows the files.
Result<RemoteStore> open_tars(const CacheStorageConfig& storage, const StorePlace& place) {
  if (storage.provider == "azure-blob" || storage.provider == "npm") {
    STILLAGE_ASSIGN(auto blobs, open_blob_store(storage, place));
    return decorate(std::move(blobs), 0);
  }
  return fail(
      ErrorKind::invalid,
      fmt::format("the cache provider \"{}\" is none of lage's: use \"azure-blob\", \"npm\", \"local\" "
                  "or \"local-skip\", or leave out compat for a cache in our own format",
                  base::printable(storage.provider)));
}

}  // namespace

Result<std::shared_ptr<CacheProvider>> open_lage_remote(const Checkout& checkout) {
  const CacheOptions& options = checkout.settings.cache_options;
  if (!options.cache_storage_config || is_local(options.cache_storage_config->provider))
    return std::shared_ptr<CacheProvider>();
  if (options.cache_storage_config->provider == "custom") {
    warn_of_unusable_remote(options);
    return std::shared_ptr<CacheProvider>();
  }
  STILLAGE_ASSIGN(RemoteStore remote,
                  open_tars(*options.cache_storage_config, {.root = checkout.workspace.root,
                                                            .environment = checkout.environment,
                                                            .requests = Requests::as_backfill}));
  return std::make_shared<cache::TarRemote>(
      cache::TarRemoteOptions{.store = remote.blobs,
                              .place = {.root = checkout.workspace.root, .cache_options = options},
                              .topic = remote.topic,
                              .meter = remote.meter,
                              .uploads = upload_options(remote)});
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
  STILLAGE_ASSIGN(RemoteStore remote,
                  open_tars(options.cache_storage_config, {.root = options.package_root,
                                                           .environment = environment,
                                                           .requests = Requests::as_backfill}));
  return std::make_shared<cache::TarCacheProvider>(
      cache::TarCacheProviderOptions{.store = std::move(remote.blobs), .place = std::move(place)});
}

}  // namespace stillage::config
