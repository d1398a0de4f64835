// SPDX-License-Identifier: MIT
#include "config/open_cache.h"

#include <fmt/format.h>

#include "base/log.h"
#include "config/lage_remote.h"
#include "config/local_store.h"
#include "config/remote_store.h"
#include "config/trust.h"
#include "stillage/backfill_cache_provider.h"
#include "stillage/remote_fallback_cache_provider.h"

namespace stillage::config {
namespace {

using cache::ArchiveCacheProvider;
using cache::Store;

/// A local cache, a remote one, or both, as one. `local` may be null, and so may `remote`.
OpenedCache put_together(std::shared_ptr<CacheProvider> local, std::shared_ptr<CacheProvider> remote,
                         bool writes_remote) {
  OpenedCache opened;
  if (!remote) {
    opened.provider = std::move(local);
    return opened;
  }
  auto both = std::make_shared<RemoteFallbackCacheProvider>(
      RemoteFallbackCacheProviderOptions{.local_cache_provider = std::move(local),
                                         .remote_cache_provider = std::move(remote),
                                         .write_remote_cache = writes_remote});
  opened.look_up_near = [both](const std::string& hash, const Target& target) {
    return both->look_up_local(hash, target);
  };
  opened.provider = std::move(both);
  return opened;
}

void let_look_ahead(const std::shared_ptr<ArchiveCacheProvider>& local, OpenedCache& opened) {
  opened.look_ahead = [local] { local->look_ahead(); };
  opened.end_look_ahead = [local] { local->end_look_ahead(); };
}

void tell_none(std::string_view why) {
  base::warn_once("no cache", fmt::format("nothing is cached: {}", why));
}

/// Entries in lage's format carry no signature, and lie in no zone.
bool may_use_lage_remote(const CacheOptions& options) {
  const RemoteTrust& trust = options.trust;
  if (!names_remote(options)) return true;
  if (!trust.require_signature && trust.zone.empty() && !trust.read_zones) return true;
  base::warn_once(
      "no trust with lage",
      "the remote cache is not used: with compat \"lage\" entries carry no signature and lie in no "
      "zone, which the configuration asks for (requireSignature, zone, readZones)");
  return false;
}

/// As lage has it: its own folders, and its own remote.
Result<OpenedCache> open_lage_cache(const Checkout& checkout) {
  CacheOptions options = checkout.settings.cache_options;
  std::shared_ptr<CacheProvider> remote;
  if (may_use_lage_remote(options)) {
    STILLAGE_ASSIGN(remote, open_lage_remote(checkout));
  }
  if (options.skip_local_cache && !remote) {
    tell_none("the configuration skips the local cache, and there is no other one");
    return OpenedCache();
  }
  const bool writes_remote = options.write_remote_cache;
  const auto upload_wait = options.upload_wait;
  std::shared_ptr<CacheProvider> local;
  if (!options.skip_local_cache) {
    options.cache_storage_config.reset();
    local = std::make_shared<BackfillCacheProvider>(
        BackfillCacheProviderOptions{.root = checkout.workspace.root, .cache_options = std::move(options)});
  }
  OpenedCache opened = put_together(std::move(local), remote, writes_remote);
  opened.remote = std::dynamic_pointer_cast<cache::RemoteControl>(remote);
  opened.upload_wait.longest = upload_wait;
  return opened;
}

Result<OpenedCache> open_local_only(const Checkout& checkout, std::vector<Target> targets) {
  const CacheOptions& options = checkout.settings.cache_options;
  if (options.skip_local_cache) {
    tell_none("the configuration skips the local cache, and there is no other one");
    return OpenedCache();
  }
  auto folder = store_folder(options);
  auto store = folder ? Store::open(*folder, options.local_cache_size)
                      : Result<std::shared_ptr<Store>>(tl::make_unexpected(folder.error()));
  if (!store) {
    tell_none(store.error().message);
    return OpenedCache();
  }
  STILLAGE_ASSIGN(auto local, make_archive_provider(checkout, std::move(*store), std::move(targets)));
  OpenedCache opened = put_together(local, nullptr, false);
  let_look_ahead(local, opened);
  return opened;
}

/// The provider of the checkout, and where downloads land.
struct Places {
  std::shared_ptr<ArchiveCacheProvider> home;
  std::shared_ptr<Store> downloads;
  bool has_local = false;
};

/// Null, which is told, where it can be neither made nor read.
std::shared_ptr<Store> open_local_beside(const CacheOptions& options, const std::string& remote_name) {
  auto folder = store_folder(options);
  auto store = folder ? Store::open(*folder, options.local_cache_size)
                      : Result<std::shared_ptr<Store>>(tl::make_unexpected(folder.error()));
  if (store) return std::move(*store);
  base::warn_once("no local store", fmt::format("there is no local cache ({}): {} serves alone",
                                                store.error().message, remote_name));
  return nullptr;
}

Result<Places> open_places(const Checkout& checkout, std::vector<Target> targets, const TrustedZones& zones) {
  const CacheOptions& options = checkout.settings.cache_options;
  const std::string remote_name = zones.write.blobs->name();
  Places places;
  std::shared_ptr<Store> store;
  if (!options.skip_local_cache) store = open_local_beside(options, remote_name);
  places.has_local = store != nullptr;
  BesideRemote beside{.trusted_origins = zones.origins};
  // What can't be written, or must not be, gets nothing from the remote either.
  if (!store || store->is_read_only() || options.mode == CacheMode::read_only) {
    STILLAGE_ASSIGN(places.downloads, open_user_spool());
    if (store) beside.spool = places.downloads;
  } else {
    places.downloads = store;
  }
  beside.packs_into_spool = store && store->is_read_only() && zones.may_write;
  if (beside.packs_into_spool)
    base::warn_once("read-only store",
                    fmt::format("the local cache {} can't be written: results go to {} only", store->folder(),
                                remote_name));
  STILLAGE_ASSIGN(places.home, make_archive_provider(checkout, store ? store : places.downloads,
                                                     std::move(targets), std::move(beside)));
  return places;
}

Result<OpenedCache> open_with_remote(const Checkout& checkout, std::vector<Target> targets) {
  const CacheOptions& options = checkout.settings.cache_options;
  STILLAGE_ASSIGN(const RemoteStore store,
                  open_remote_store(*options.cache_storage_config,
                                    {.root = checkout.workspace.root, .environment = checkout.environment}));
  const bool writes = options.write_remote_cache && options.mode != CacheMode::read_only;
  STILLAGE_ASSIGN(const TrustedZones zones,
                  open_zones(options.trust, store.blobs, checkout.environment, writes));
  auto places = open_places(checkout, std::move(targets), zones);
  if (!places) {
    tell_none(places.error().message);
    return OpenedCache();
  }
  cache::RemoteArchiveOptions own = archive_options(store, options);
  own.store = places->downloads;
  own.home = [home = places->home]() -> Result<std::shared_ptr<ArchiveCacheProvider>> { return home; };
  own.root = checkout.workspace.root;
  own.uploads_in_background = true;
  use_zones(zones, own);
  const auto remote = std::make_shared<cache::RemoteArchiveProvider>(std::move(own));
  OpenedCache opened = put_together(places->has_local ? places->home : nullptr, make_tolerant(remote, store),
                                    writes && zones.may_write);
  if (places->has_local) let_look_ahead(places->home, opened);
  opened.remote = remote;
  opened.upload_wait.longest = options.upload_wait;
  return opened;
}

}  // namespace

Result<OpenedCache> open_cache(const Checkout& checkout, std::vector<Target> targets) {
  const CacheOptions& options = checkout.settings.cache_options;
  if (options.compat == Compat::lage) return open_lage_cache(checkout);
  if (names_remote(options) && options.mode != CacheMode::pass)
    return open_with_remote(checkout, std::move(targets));
  warn_of_unusable_remote(options);
  return open_local_only(checkout, std::move(targets));
}

}  // namespace stillage::config
