// SPDX-License-Identifier: MIT
#pragma once
// The ways to a token that credential names stand for: one function and one source file each. An `invalid`
// error is for variables that can't be meant so; what is merely missing is the flow's failure, when a token
// is first wanted.

#include "blob/azure_token.h"

namespace stillage::blob {

/// A service principal: AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET,
/// AZURE_CLIENT_CERTIFICATE_PATH (AZURE_CLIENT_CERTIFICATE_PASSWORD, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN), or
/// AZURE_USERNAME and AZURE_PASSWORD; the first that is whole.
Result<AzureTokenFlow> environment_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client);

/// A token of another identity provider, in AZURE_FEDERATED_TOKEN_FILE, for AZURE_CLIENT_ID of
/// AZURE_TENANT_ID. The file is read for each token, as it is replaced from time to time.
Result<AzureTokenFlow> workload_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client);

/// The identity of the machine, or of the one of AZURE_CLIENT_ID: from App Service and its like
/// (IDENTITY_ENDPOINT, IDENTITY_HEADER), from Azure Arc (IDENTITY_ENDPOINT, IMDS_ENDPOINT), else from the
/// metadata service at 169.254.169.254 or AZURE_POD_IDENTITY_AUTHORITY_HOST.
Result<AzureTokenFlow> managed_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client);

/// The identity of a machine that Azure Arc has: of managed_flow's, that where IDENTITY_ENDPOINT and
/// IMDS_ENDPOINT are set. Its agent proves by a file in `key_folder`, which not everybody can read, that we
/// may ask.
inline constexpr const char* kArcKeys = "/var/opt/azcmagent/tokens";
Result<AzureTokenFlow> arc_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client,
                                const std::string& key_folder = kArcKeys);

/// Whoever has logged in with `az login`.
Result<AzureTokenFlow> cli_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client);

/// The editor's login, which cannot be had on Linux: always the failure that says so.
Result<AzureTokenFlow> editor_flow(const Variables& variables, std::shared_ptr<net::HttpClient> client);

}  // namespace stillage::blob
