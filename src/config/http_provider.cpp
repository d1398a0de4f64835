// SPDX-License-Identifier: MIT
#include "blob/http_store.h"
#include "config/http_client_options.h"
#include "config/store_table.h"

namespace stillage::config {

Result<std::shared_ptr<blob::BlobStore>> open_http_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(net::Url url, options.url("url"));
  STILLAGE_ASSIGN(const HttpAccess access, take_http_access(options, place));
  blob::HttpStoreOptions store{.url = std::move(url), .deadlines = access.deadlines};
  store.bearer_token = options.text_or("bearerToken", "");
  store.headers = options.headers("headers");
  STILLAGE_ASSIGN(store.conditional_puts, options.flag("conditionalPuts", false));
  STILLAGE_ASSIGN(store.make_collections, options.flag("makeCollections", false));
  return std::make_shared<blob::HttpStore>(access.client, std::move(store));
}

}  // namespace stillage::config
