// SPDX-License-Identifier: MIT
#pragma once
// The options that every remote store over HTTP has: whom to trust, who we are in TLS, how long to wait. A
// row of store_table.h takes them with one call, so that they mean the same for all
// (docs/backends/README.md).

#include <memory>

#include "config/store_table.h"
#include "net/http_client.h"

namespace stillage::config {

/// `caFile`, `clientCertificate`, `clientKey` (by default in the certificate's file), `clientKeyPassword` and
/// `tlsVerify`; relative files start at the root of the workspace. `tlsVerify: false` is told as a warning.
/// An `invalid` error that names the option, if its file is not there or it makes no sense without another
/// one; an `unsupported` one where libcurl is not installed.
Result<net::TlsOptions> take_tls_options(ProviderOptions& options, const StorePlace& place);

/// `connectTimeout` and `stallTimeout`, in milliseconds from 1 to an hour; what is not given stays as it is
/// in HttpDeadlines. An `invalid` error that names the option.
Result<net::HttpDeadlines> take_deadlines(ProviderOptions& options);

/// What a store over HTTP is made with.
struct HttpAccess {
  std::shared_ptr<net::HttpClient> client;
  net::HttpDeadlines deadlines;
};

/// Takes all of the above. Nothing is connected to yet.
Result<HttpAccess> take_http_access(ProviderOptions& options, const StorePlace& place);

}  // namespace stillage::config
