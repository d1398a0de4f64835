// SPDX-License-Identifier: MIT
#pragma once
// The one place that says what libcurl is to do for a request, and how connections are secured.

#include "net/http_client.h"
#include "net/transfer.h"

namespace stillage::net {

/// A pool of connections; libcurl is made ready first. Ends the program where there is no memory.
CURLM* make_multi();

/// What a connection over TLS must prove, and shows of us.
void set_tls(CURL* handle, const TlsOptions& tls, const CaPaths& ca);

/// Warns, once in a process, if certificates are not verified.
void warn_if_unverified(const TlsOptions& tls);

/// Makes the transfer's handle; false if libcurl can't.
bool set_up(Transfer& transfer, const TlsOptions& tls, const CaPaths& ca);

}  // namespace stillage::net
