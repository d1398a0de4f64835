// SPDX-License-Identifier: MIT
#include "blob/azure_account.h"
#include "blob/azure_store.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

/// As backfill tells a connection string from an endpoint.
bool has_credentials(const std::string& text) {
  for (const char* const mark : {"SharedAccessSignature", "AccountKey", "UseDevelopmentStorage"})
    if (text.find(mark) != std::string::npos) return true;
  return false;
}

Result<blob::AzureAccount> take_account(ProviderOptions& options) {
  const auto text = options.find("connectionString");
  const auto endpoint = options.find("endpoint");
  if (text && endpoint)
    return options.wrong("endpoint", "and connectionString are both given: one of them says where to go");
  if (!text && !endpoint) return options.wrong("connectionString", "is missing");
  if (text && has_credentials(*text)) {
    auto account = blob::parse_connection_string(*text);
    if (!account) return options.wrong("connectionString", "can't be used: " + account.error().message);
    return account;
  }
  const char* const name = text ? "connectionString" : "endpoint";
  auto url = net::Url::parse(text ? *text : *endpoint);
  if (!url) return options.wrong(name, "is neither a connection string nor the URL of a blob service");
  return options.wrong(
      name,
      "has neither AccountKey nor SharedAccessSignature, and tokens of a login are not part of this version");
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_azure_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(blob::AzureAccount account, take_account(options));
  STILLAGE_ASSIGN(std::string container, options.text("container"));
  blob::AzureStoreOptions store{.account = std::move(account), .container = std::move(container)};
  if (place.requests == Requests::as_backfill) {
    store.single_put = 0;
    store.download.at_once = 1;
  }
  return std::make_shared<blob::AzureStore>(std::make_shared<net::HttpClient>(), std::move(store));
}

}  // namespace stillage::config
