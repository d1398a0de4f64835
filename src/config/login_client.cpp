// SPDX-License-Identifier: MIT
#include "config/login_client.h"

#include "blob/azure_identity.h"
#include "config/http_client_options.h"

namespace stillage::config {

Result<std::shared_ptr<net::HttpClient>> login_client(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(const net::TlsOptions store, take_tls_options(options, place));
  net::HttpClientOptions login;
  login.tls.ca_file = store.ca_file;
  return std::make_shared<net::HttpClient>(std::move(login));
}

Result<blob::AzureTokens> take_azure_tokens(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(auto client, login_client(options, place));
  return blob::azure_tokens(options.credential_name(), blob::Variables(place.environment.list()),
                            std::move(client));
}

}  // namespace stillage::config
