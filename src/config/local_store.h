// SPDX-License-Identifier: MIT
#pragma once
// The local store and the cache over it, as a checkout's configuration wants them (open_cache.h puts them
// together with a remote one). (stillage/local_cache.h is
// the same for users of the library, who give the options themselves.)

#include <memory>
#include <string>
#include <vector>

#include "cache/archive_cache_provider.h"
#include "cache/store.h"
#include "config/checkout.h"
#include "stillage/cache_options.h"
#include "stillage/result.h"

namespace stillage::config {

/// The folder of the local store that these options name.
Result<std::string> store_folder(const CacheOptions& options);

/// What the configuration of the checkout that `start_dir` lies in says of its cache, without reading
/// anything else.
struct CachePlace {
  std::string root;  ///< of the workspace; `start_dir` where that is in none
  CacheOptions options;
  std::vector<std::string> warnings;  ///< which runs tell, too
};
Result<CachePlace> find_cache_place(const std::string& start_dir, const run::Environment& environment);

/// The store, in our own format, that a place names: the user's own one unless it says otherwise.
Result<std::shared_ptr<cache::Store>> open_store(const CachePlace& place);

/// What a cache over a local store has to do with a remote one.
struct BesideRemote {
  /// What came from where is used, too (see cache::Origins).
  std::vector<std::string> trusted_origins = {};
  /// As in cache::ArchiveCacheOptions.
  std::shared_ptr<cache::Store> spool = {};
  bool packs_into_spool = false;
};

/// The cache over `store` in our own format for a run of these targets (dependencies first), which the
/// checkout must outlive.
Result<std::shared_ptr<cache::ArchiveCacheProvider>> make_archive_provider(
    const Checkout& checkout, std::shared_ptr<cache::Store> store, std::vector<Target> targets,
    BesideRemote remote = {});

/// The same for users of the library, who say nothing of targets: the cache over `store` for the checkout at
/// `root`, a real path. Of the options it uses output_glob and mode.
Result<std::shared_ptr<cache::ArchiveCacheProvider>> make_archive_provider(
    const std::string& root, std::shared_ptr<cache::Store> store, const CacheOptions& options,
    std::vector<std::string> trusted_origins);

/// The local store that the options of a user of the library name, relative to the current folder.
Result<std::shared_ptr<cache::Store>> open_named_store(const CacheOptions& options);

}  // namespace stillage::config
