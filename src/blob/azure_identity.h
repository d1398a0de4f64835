// SPDX-License-Identifier: MIT
#pragma once
// Who asks Azure, where no key and no signature says so: OAuth tokens of Microsoft Entra for
// https://storage.azure.com, had in one of the ways that the JavaScript SDK names credentials after. See
// docs/backends/azure.md.

#include <memory>
#include <string>
#include <vector>

#include "blob/azure_account.h"
#include "blob/variables.h"
#include "net/http_client.h"
#include "stillage/result.h"

namespace stillage::blob {

/// The names that azure_tokens knows, the default first: environment, workload-identity, managed-identity,
/// visual-studio-code, azure-cli.
const std::vector<std::string>& azure_credential_names();

/// Tokens of the credential `credential_name` ("" is what AZURE_IDENTITY_CREDENTIAL_NAME says, else
/// "environment"), to be given to an AzureAccount; kept until shortly before they expire, and asked for by
/// one thread at a time. Nothing is asked for before the first token is wanted. `client` makes the requests;
/// for tests and sovereign clouds, AZURE_AUTHORITY_HOST, IDENTITY_ENDPOINT and
/// AZURE_POD_IDENTITY_AUTHORITY_HOST say where. An `invalid` error for an unknown name, in the words of lage,
/// and for variables that contradict each other or name what is no https URL. What is missing, and whatever
/// goes wrong later, is a failure of the source: `unauthorised` where somebody has to act, transient where
/// waiting may help. No message shows a secret.
Result<AzureTokens> azure_tokens(const std::string& credential_name, const Variables& variables,
                                 std::shared_ptr<net::HttpClient> client);

}  // namespace stillage::blob
