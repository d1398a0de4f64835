// SPDX-License-Identifier: MIT
#pragma once
// The one place that says what libcurl is to do for a request.

#include "net/http_client.h"
#include "net/transfer.h"

namespace stillage::net {

/// Makes the transfer's handle; false if libcurl can't.
bool set_up(Transfer& transfer, const TlsOptions& tls, const CaPaths& ca);

}  // namespace stillage::net
