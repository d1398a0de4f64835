// SPDX-License-Identifier: MIT
#pragma once
// Tokens for Azure Storage, as Microsoft Entra's login service and the metadata services of its machines give
// them.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blob/credential_request.h"
#include "blob/renewed.h"
#include "blob/variables.h"

namespace stillage::blob {

using AzureToken = Dated<std::string>;
/// Asks for a new token, on any thread.
using AzureTokenFlow = Renewed<std::string>::Fetch;

/// What tokens are for: the same in every cloud.
inline constexpr std::string_view kStorageResource = "https://storage.azure.com";

/// "https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token", or below AZURE_AUTHORITY_HOST. An
/// `invalid` error for a tenant or an authority that can't be one.
Result<net::Url> token_endpoint(const Variables& variables, const std::string& tenant);

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Asks a token endpoint. `fields` say who asks and how that is proved; none of their values is shown where
/// the answer is a refusal (`unauthorised`).
net::Outcome<AzureToken> request_token(net::HttpClient& client, const std::string& who,
                                       const net::Url& endpoint, const FormFields& fields,
                                       std::stop_token stop);

/// The token in an answer (`{"access_token": …, "expires_in": …}` or `expires_on`, as numbers or digits). A
/// `protocol` failure, which shows nothing of it, if there is none.
net::Outcome<AzureToken> parse_token(std::string_view json, const std::string& who, WallTime now);

/// The other side's word in an answer that holds no token: "invalid_client: AADSTS7000215: …"; "" if it has
/// none.
std::string token_error(std::string_view json);

/// The time that a JSON value of seconds since the epoch means, a number or digits; nothing if it is neither.
std::optional<WallTime> epoch_time(std::string_view digits);

}  // namespace stillage::blob
