// SPDX-License-Identifier: MIT
#pragma once
// Who talks to Azure Blob Storage, and where it is: connection strings, and the two signatures of a request.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace stillage::blob {

/// Gives a valid OAuth token for https://storage.azure.com; called before each request, from any thread.
using TokenSource = std::function<net::Outcome<std::string>(std::stop_token stop)>;

/// A source of tokens, and what it is told when one did not do.
struct AzureTokens {
  TokenSource get = {};
  /// The service refused this token though it should be valid. True if asking again may well give another.
  std::function<bool(const std::string& token)> refused = {};
};

struct AzureAccount {
  net::Url endpoint;  ///< of the blob service: https://<name>.blob.core.windows.net
  std::string name;
  /// One of these; none is anonymous access.
  std::string key = {};  ///< decoded
  std::string sas = {};  ///< a query, without '?'
  AzureTokens tokens = {};
};

/// Reads a connection string: AccountName and AccountKey with BlobEndpoint, or DefaultEndpointsProtocol and
/// EndpointSuffix; BlobEndpoint and SharedAccessSignature; or UseDevelopmentStorage=true. An `invalid` error
/// names what is missing or wrong, and no value.
Result<AzureAccount> parse_connection_string(std::string_view text);

/// The string that a SharedKey signature is made of (Blob service, version 2015-02-21 and later). `date` is
/// that of the x-ms-date field, which the request has already.
std::string shared_key_text(const net::HttpRequest& request, const std::string& account);

/// Makes the request one of this account: x-ms-date and x-ms-version, and what the account's credentials
/// want. Returns the token that it carries now, "" if none.
net::Outcome<std::string> authorise(net::HttpRequest& request, const AzureAccount& account,
                                    std::stop_token stop);

}  // namespace stillage::blob
