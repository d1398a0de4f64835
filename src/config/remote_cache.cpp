// SPDX-License-Identifier: MIT
#include "stillage/remote_cache.h"

#include "blob/user_store.h"
#include "cache/remote_archive_provider.h"
#include "cache/spool.h"
#include "cache/tolerant_cache_provider.h"
#include "config/local_store.h"
#include "config/open_cache.h"
#include "config/remote_store.h"
#include "os/file.h"

namespace stillage {
namespace {

Result<std::shared_ptr<CacheProvider>> over(const config::RemoteStore& remote, const std::string& root,
                                            const CacheOptions& options) {
  STILLAGE_ASSIGN(std::string real_root, os::real_path(root));
  std::shared_ptr<cache::Store> store;
  const bool may_keep = !options.skip_local_cache && options.mode == CacheMode::read_write;
  if (may_keep) {
    STILLAGE_ASSIGN(store, config::open_named_store(options));
  }
  if (!store || store->is_read_only()) {
    STILLAGE_ASSIGN(store, config::open_user_spool());
  }
  auto home = [real_root, store, options] {
    return config::make_archive_provider(real_root, store, options);
  };
  cache::RemoteArchiveOptions own = config::archive_options(remote, options);
  own.store = store;
  own.home = std::move(home);
  own.root = real_root;
  return config::make_tolerant(std::make_shared<cache::RemoteArchiveProvider>(std::move(own)), remote);
}

}  // namespace

Result<std::shared_ptr<CacheProvider>> open_remote_cache(const std::string& root,
                                                         const CacheOptions& options) {
  if (!config::names_remote(options))
    return fail(ErrorKind::invalid, "cache_storage_config names no remote cache");
  const run::Environment environment = run::Environment::of_process();
  STILLAGE_ASSIGN(const auto remote, config::open_remote_store(*options.cache_storage_config,
                                                               {.root = root, .environment = environment}));
  return over(remote, root, options);
}

Result<std::shared_ptr<CacheProvider>> open_remote_cache(const std::string& root,
                                                         std::shared_ptr<BlobStore> store,
                                                         const CacheOptions& options) {
  const std::uint64_t max_size = options.cache_storage_config ? options.cache_storage_config->max_size : 0;
  return over(config::decorate(std::make_shared<blob::UserStore>(std::move(store)), max_size), root, options);
}

}  // namespace stillage
