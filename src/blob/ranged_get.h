// SPDX-License-Identifier: MIT
#pragma once
// A blob fetched from an object store by ranges, several at a time: one request for a miss or a small blob,
// and one state of the blob even if it is replaced meanwhile.

#include <functional>
#include <stop_token>

#include "blob/parts.h"
#include "blob/retrier.h"
#include "net/http_message.h"

namespace stillage::blob {

/// The store's side of it.
struct RangedGet {
  /// A GET of the blob, before it is signed.
  std::function<net::HttpRequest()> request;
  /// Signs a request and makes it.
  std::function<net::Outcome<net::HttpResponse>(net::HttpRequest&, net::ByteSink&, const std::stop_token&)>
      perform;
  std::function<net::Failure(const net::HttpRequest&, const net::HttpResponse&)> failure_of;
};

/// Hands the blob to `sink`. With parts.at_once = 1 this is one plain request. The answer is that of the
/// first request, with the size of the whole blob in `received`; one that is no success is what `failure_of`
/// makes of it and of the request as it was signed (so that it can keep its secrets), and leaves the sink
/// alone. Ranges that fail are tried again as `retrier` says.
net::Outcome<net::HttpResponse> get_in_ranges(const RangedGet& get, const Parts& parts,
                                              const Retrier& retrier, net::ByteSink& sink,
                                              const std::stop_token& stop);

}  // namespace stillage::blob
