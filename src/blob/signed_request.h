// SPDX-License-Identifier: MIT
#pragma once
// A request that says who asks, by a credential that may have been withdrawn, or be measured by another clock
// than ours, before it expires: then a new one is worth one more try.

#include <stop_token>

#include "net/http_client.h"

namespace stillage::blob {

/// Makes `request`, signed by `sign`, whose answer is an Outcome of the credential that it has used. If
/// `may_renew` says of the answer and that credential that another one may be had, all that once more, from
/// the unsigned request.
template <class Sign, class MayRenew>
net::Outcome<net::HttpResponse> perform_signed(net::HttpClient& client, net::HttpRequest& request,
                                               net::ByteSink& sink, const std::stop_token& stop, Sign sign,
                                               MayRenew may_renew) {
  const net::HttpRequest plain = request;
  STILLAGE_ASSIGN(const auto credential, sign(request));
  auto answer = client.perform(request, sink, stop);
  if (!answer || !may_renew(*answer, credential)) return answer;
  request = plain;
  STILLAGE_TRY(sign(request));
  return client.perform(request, sink, stop);
}

}  // namespace stillage::blob
