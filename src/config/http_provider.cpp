// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "blob/bazel_store.h"
#include "blob/http_store.h"
#include "config/http_client_options.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

/// Who asks: Basic authorization by options as a header, as user info in the URL is by the store itself.
Status take_authorization(ProviderOptions& options, blob::HttpStoreOptions& store) {
  store.bearer_token = options.text_or("bearerToken", "");
  const std::string user = options.text_or("username", "");
  const std::string password = options.text_or("password", "");
  const bool basic = !user.empty() || !password.empty();
  if (basic && !store.bearer_token.empty())
    return options.wrong("bearerToken", "can't be given together with username and password");
  if ((basic || !store.bearer_token.empty()) && store.url.user_info())
    return options.wrong("url", "names a user although another option says who asks, too");
  if (basic)
    store.headers.push_back({"Authorization", "Basic " + base::to_base64(user + ":" + password), true});
  return {};
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_http_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(net::Url url, options.url("url"));
  if (url.scheme() != "http" && url.scheme() != "https")
    return options.wrong("url", "must start with http:// or https://");
  STILLAGE_ASSIGN(const HttpAccess access, take_http_access(options, place));
  blob::HttpStoreOptions store{.url = std::move(url), .deadlines = access.deadlines};
  store.headers = options.headers("headers");
  STILLAGE_TRY(take_authorization(options, store));
  STILLAGE_ASSIGN(store.conditional_puts, options.flag("conditionalPuts", false));
  STILLAGE_ASSIGN(store.make_collections, options.flag("makeCollections", false));
  const std::string layout = options.text_or("layout", "plain");
  if (layout != "plain" && layout != "bazel")
    return options.wrong("layout", "must be \"plain\" or \"bazel\"");
  std::shared_ptr<blob::BlobStore> plain = std::make_shared<blob::HttpStore>(access.client, std::move(store));
  if (layout == "bazel") return std::make_shared<blob::BazelStore>(std::move(plain));
  return plain;
}

}  // namespace stillage::config
