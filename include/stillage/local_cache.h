// SPDX-License-Identifier: MIT
#pragma once
// The local cache in Stillage's own format: one archive per entry, shared by all checkouts of a user
// (docs/formats/entry.md), with a memory of what each checkout's outputs looked like (docs/formats/state.md).

#include <memory>
#include <string>

#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"

namespace stillage {

/// Opens the local cache for the checkout at `root` (an existing folder). Of the options it uses
/// internal_cache_folder, local_cache_size, output_glob and mode; and where cache_storage_config names a
/// remote cache, what was fetched from there with the same `trust` hits, too. Fails if the store can be
/// neither made nor read; where it can't be written, the provider is read-only.
Result<std::shared_ptr<CacheProvider>> open_local_cache(const std::string& root,
                                                        const CacheOptions& options = {});

}  // namespace stillage
