// SPDX-License-Identifier: MIT
#pragma once
// The remote cache of the current folder, for the commands that look after it.

#include <memory>

#include "blob/blob_store.h"
#include "config/local_store.h"
#include "config/remote_store.h"

namespace stillage::cli {

/// The store of the remote cache that the configuration names, with retries, and a warning where trying has
/// been given up. Errors (invalid, unsupported): there is none, or its entries are lage's.
inline Result<std::shared_ptr<blob::BlobStore>> open_remote_of(const config::CachePlace& place) {
  if (!config::names_remote(place.options))
    return fail(
        ErrorKind::invalid,
        "no remote cache is configured: name one as cacheOptions.cacheStorageConfig, or in STILLAGE_REMOTE");
  if (place.options.compat == Compat::lage)
    return fail(ErrorKind::unsupported,
                "entries of lage's format are looked after with its own remote's tools");
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(auto remote, config::open_remote_store(*place.options.cache_storage_config,
                                                         {.root = place.root, .environment = environment}));
  return std::move(remote.blobs);
}

}  // namespace stillage::cli
