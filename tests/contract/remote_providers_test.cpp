// SPDX-License-Identifier: MIT
// A local cache with a remote one behind it under the contract: over a folder, and over nginx.
#include <algorithm>

#include "blob/directory_store.h"
#include "blob/http_store.h"
#include "cache/spool.h"
#include "config/remote_store.h"
#include "contract/cache_provider_contract.h"
#include "os/file.h"
#include "stillage/remote_fallback_cache_provider.h"
#include "support/nginx.h"

namespace stillage::test {
namespace {

using cache::ArchiveCacheProvider;

/// A local and a remote provider of one process, or the remote alone, over a spool.
std::shared_ptr<CacheProvider> with_remote(const ContractContext& context,
                                           std::shared_ptr<blob::BlobStore> blobs, bool has_local) {
  const config::RemoteStore remote = config::decorate(std::move(blobs), 0);
  std::shared_ptr<ArchiveCacheProvider> home;
  if (has_local) {
    home = context.make_archive_provider("store");
  } else {
    home = context.make_archive_provider_over(*cache::open_spool(context.elsewhere + "/spool"));
  }
  CacheOptions options;
  options.write_remote_cache = true;
  cache::RemoteArchiveOptions own = config::archive_options(remote, options);
  own.store = std::shared_ptr<cache::Store>(home, &home->store());
  own.home = [home]() -> Result<std::shared_ptr<ArchiveCacheProvider>> { return home; };
  own.root = context.root;
  auto provider =
      config::make_tolerant(std::make_shared<cache::RemoteArchiveProvider>(std::move(own)), remote);
  return std::make_shared<RemoteFallbackCacheProvider>(
      RemoteFallbackCacheProviderOptions{.local_cache_provider = has_local ? home : nullptr,
                                         .remote_cache_provider = std::move(provider),
                                         .write_remote_cache = true});
}

std::shared_ptr<blob::BlobStore> folder(const ContractContext& context) {
  EXPECT_TRUE(os::make_dirs(context.elsewhere + "/remote"));
  return std::make_shared<blob::DirectoryStore>(context.elsewhere + "/remote");
}

/// One nginx for all cases, which use paths of their own.
std::shared_ptr<blob::BlobStore> nginx(const ContractContext& context) {
  static const Nginx server;
  std::string path = context.elsewhere;
  std::replace(path.begin(), path.end(), '/', '_');
  return std::make_shared<blob::HttpStore>(
      std::make_shared<net::HttpClient>(),
      blob::HttpStoreOptions{.url = *net::Url::parse(server.url() + "/" + path)});
}

constexpr CacheProviderTraits kShared = {.clears_everything = false};

INSTANTIATE_TEST_SUITE_P(
    RemoteProviders, CacheProviderContract,
    ::testing::Values(CacheProviderCase{"remote_folder",
                                        [](const ContractContext& context) {
                                          return with_remote(context, folder(context), true);
                                        },
                                        kShared},
                      CacheProviderCase{"remote_nginx",
                                        [](const ContractContext& context) {
                                          return with_remote(context, nginx(context), true);
                                        },
                                        kShared},
                      CacheProviderCase{"remote_folder_without_local",
                                        [](const ContractContext& context) {
                                          return with_remote(context, folder(context), false);
                                        },
                                        kShared}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stillage::test
