// SPDX-License-Identifier: MIT
#include "blob/azure_account.h"
#include "blob/azure_store.h"
#include "config/http_client_options.h"
#include "config/login_client.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

/// As backfill tells a connection string from an endpoint.
bool has_credentials(const std::string& text) {
  for (const char* const mark : {"SharedAccessSignature", "AccountKey", "UseDevelopmentStorage"})
    if (text.find(mark) != std::string::npos) return true;
  return false;
}

Result<blob::AzureAccount> take_account(ProviderOptions& options, const StorePlace& place) {
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
  if (!url->is_https())
    return options.wrong(
        name, "must start with https:// where tokens say who asks, or they could be read on the way");
  blob::AzureAccount account{.endpoint = std::move(*url), .name = ""};
  STILLAGE_ASSIGN(account.tokens, take_azure_tokens(options, place));
  return account;
}

/// What the service allows, and with it nothing that would lead out of the container.
bool is_container_name(std::string_view name) {
  return name == "$root" ||
         (name.size() <= 63 &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_azure_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(const HttpAccess access, take_http_access(options, place));
  STILLAGE_ASSIGN(blob::AzureAccount account, take_account(options, place));
  STILLAGE_ASSIGN(std::string container, options.text("container"));
  if (!is_container_name(container))
    return options.wrong("container",
                         "can't be the name of a container: up to 63 lower-case letters, digits and hyphens");
  blob::AzureStoreOptions store{
      .account = std::move(account), .container = std::move(container), .deadlines = access.deadlines};
  if (place.requests == Requests::as_backfill) {
    store.single_put = 0;
    store.download.at_once = 1;
  }
  return std::make_shared<blob::AzureStore>(access.client, std::move(store));
}

}  // namespace stillage::config
