// SPDX-License-Identifier: MIT
#include "config/remote_store.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "blob/breaker_store.h"
#include "blob/max_size_store.h"
#include "blob/retry_store.h"

namespace stillage::config {

bool names_remote(const CacheOptions& options) {
  const auto& storage = options.cache_storage_config;
  return storage && !storage->provider.empty() && storage->provider != "local" &&
         storage->provider != "local-skip" && storage->provider != "custom";
}

void warn_of_unusable_remote(const CacheOptions& options) {
  const auto& storage = options.cache_storage_config;
  if (!storage || (!names_remote(options) && storage->provider != "custom")) return;
  base::warn_once(
      "unusable remote",
      fmt::format("the configuration asks for a remote cache of the kind \"{}\": this version keeps "
                  "results in the local cache only",
                  base::printable(storage->provider)));
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

}  // namespace stillage::config
