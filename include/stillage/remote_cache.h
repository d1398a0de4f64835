// SPDX-License-Identifier: MIT
#pragma once
// A remote cache in Stillage's own format: the same archives as in the local one, each a blob of a store that
// a team shares (docs/formats/remote.md, docs/backends). To be used behind a local cache, as
// RemoteFallbackCacheProviderOptions::remote_cache_provider, or by itself.

#include <memory>
#include <string>

#include "stillage/blob_store.h"
#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"

namespace stillage {

/// Opens the remote that `options.cache_storage_config` names, for the checkout at `root` (an existing
/// folder); nothing is asked of it yet. Errors (invalid): no remote is named, an unknown provider (with the
/// known ones), options that are missing, wrong or unknown.
///
/// What is fetched is verified while it comes, and kept in the local store that `options` name, which is that
/// of open_local_cache with the same options; with skip_local_cache, in one that ends with the provider.
/// Results are uploaded if write_remote_cache is set and the mode allows it; a put returns when that is done.
/// A remote that fails is a miss or a skipped write, told once; one that does not answer is soon left alone.
Result<std::shared_ptr<CacheProvider>> open_remote_cache(const std::string& root,
                                                         const CacheOptions& options);

/// The same over a store of your own; cache_storage_config counts for its max_size only.
Result<std::shared_ptr<CacheProvider>> open_remote_cache(const std::string& root,
                                                         std::shared_ptr<BlobStore> store,
                                                         const CacheOptions& options = {});

}  // namespace stillage
