// SPDX-License-Identifier: MIT
#pragma once
// How a store's row asks for credentials, where the options hold none.

#include <memory>

#include "blob/azure_account.h"
#include "config/store_table.h"
#include "net/http_client.h"

namespace stillage::config {

/// What asks services that give credentials: it trusts whom the store's own client trusts (`caFile`), but
/// always verifies, and never shows the store's client certificate.
Result<std::shared_ptr<net::HttpClient>> login_client(ProviderOptions& options, const StorePlace& place);

/// The tokens of `credentialName`, else of AZURE_IDENTITY_CREDENTIAL_NAME, for an AzureAccount that is an
/// endpoint only. Nothing is asked for yet. Errors: see blob::azure_tokens.
Result<blob::AzureTokens> take_azure_tokens(ProviderOptions& options, const StorePlace& place);

}  // namespace stillage::config
