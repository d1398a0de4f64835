// SPDX-License-Identifier: MIT
#include "blob/http_store.h"
#include "config/store_table.h"

namespace stillage::config {

Result<std::shared_ptr<blob::BlobStore>> open_http_store(ProviderOptions& options, const StorePlace&) {
  STILLAGE_ASSIGN(net::Url url, options.url("url"));
  blob::HttpStoreOptions store{.url = std::move(url)};
  store.bearer_token = options.text_or("bearerToken", "");
  store.headers = options.headers("headers");
  STILLAGE_ASSIGN(store.conditional_puts, options.flag("conditionalPuts", false));
  STILLAGE_ASSIGN(store.make_collections, options.flag("makeCollections", false));
  return std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(), std::move(store));
}

}  // namespace stillage::config
