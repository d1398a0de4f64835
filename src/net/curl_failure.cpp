// SPDX-License-Identifier: MIT
#include "net/curl_failure.h"

#include <fmt/format.h>

#include "net/curl_library.h"
#include "net/headers.h"

namespace stillage::net {
namespace {

FailureKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_NO_CONNECTION_AVAILABLE:
      return FailureKind::transient;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return FailureKind::local;
    default:
      return FailureKind::protocol;
  }
}

std::string remedy_for(CURLcode code) {
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return "; if its certificate is signed by an authority of your own, name that in SSL_CERT_FILE or "
           "NODE_EXTRA_CA_CERTS";
  if (code == CURLE_SSL_CACERT_BADFILE)
    return "; it is named by a CA option, CURL_CA_BUNDLE, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS";
  return {};
}

}  // namespace

Failure curl_failure(CURLcode code, const std::string& what, const std::string& why,
                     const std::vector<std::string>& secrets) {
  const std::string message =
      fmt::format("{}: {}{}", what, why.empty() ? curl().easy_strerror(code) : why, remedy_for(code));
  Failure found(kind_of(code), redact(message, secrets));
  if (code == CURLE_OPERATION_TIMEDOUT) found.kind = ErrorKind::timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION) found.kind = ErrorKind::auth;
  return found;
}

}  // namespace stillage::net
