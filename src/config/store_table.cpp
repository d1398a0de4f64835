// SPDX-License-Identifier: MIT
#include "config/store_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/option_variables.h"

namespace stillage::config {
namespace {

struct Row {
  const char* provider;
  Result<std::shared_ptr<blob::BlobStore>> (*open)(ProviderOptions&, const StorePlace&);
};

constexpr Row kStores[] = {
    {"command", open_command_store},
    {"azure-blob", open_azure_store},
    {"folder", open_folder_store},
    {"http", open_http_store},
    {"redis", open_redis_store},
    {"turbo", open_turbo_store},
    {"turborepo", open_turbo_store},
    {"s3", open_s3_store},
    {"npm", open_npm_store},
};

}  // namespace

std::vector<std::string> known_providers() {
  std::vector<std::string> names;
  for (const Row& row : kStores) names.emplace_back(row.provider);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::shared_ptr<blob::BlobStore>> open_blob_store(const CacheStorageConfig& storage,
                                                         const StorePlace& place) {
  for (const Row& row : kStores) {
    if (storage.provider != row.provider) continue;
    STILLAGE_ASSIGN(const CacheStorageConfig expanded, with_variables(storage, place.environment));
    ProviderOptions options(expanded);
    STILLAGE_ASSIGN(auto store, row.open(options, place));
    STILLAGE_TRY(options.check_all_known());
    return store;
  }
  return fail(ErrorKind::invalid,
              fmt::format("there is no cache provider \"{}\"; known providers: {}",
                          base::printable(storage.provider), base::join(known_providers(), ", ")));
}

}  // namespace stillage::config
