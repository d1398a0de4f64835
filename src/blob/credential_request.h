// SPDX-License-Identifier: MIT
#pragma once
// One question to whoever gives credentials: a login service, a cloud's metadata service, an agent on this
// machine. What is asked and answered is secret: a failure names the place, the status and the other side's
// code, and nothing else of an answer but what the caller takes from it.

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "net/http_client.h"
#include "net/url.h"
#include "stillage/result.h"

namespace stillage::blob {

/// Which hosts may be asked without TLS.
enum class PlainHttp {
  loopback,  ///< this machine: for tests, and agents
  local,     ///< also the link-local addresses at which clouds serve their machines
};

/// The URL in `text`, which comes from the variable or option `origin`. An `invalid` error, which shows
/// nothing of the text, unless it is https, or http to a host that `plain` allows.
Result<net::Url> credential_url(std::string_view origin, std::string_view text, PlainHttp plain);

/// Whether the host is this machine's, or one that a cloud serves its machines from: no proxy knows it.
bool is_local_host(const net::Url& url, PlainHttp plain);

struct CredentialQuestion {
  CredentialQuestion(std::string method, net::Url url) : request(std::move(method), std::move(url)) {}

  net::HttpRequest request;
  std::string body = {};  ///< sent if it is not empty
  int attempts = 3;       ///< where an answer is 408, 429 or 5xx, or nobody could be reached
};

struct CredentialAnswer {
  net::HttpHead head;
  std::string body;  ///< at most 1 MiB; of an answer that is no success, 16 KiB
};

/// Asks. An answer is a value whatever its status; but one that is still transient after the last attempt is
/// a failure. Deadlines and retries are shorter than those of transfers.
net::Outcome<CredentialAnswer> ask(net::HttpClient& client, CredentialQuestion question,
                                   std::stop_token stop);

/// An `unauthorised` failure for an answer that is not what was hoped for: "<who>: POST <url> answers 401
/// (<code>); <remedy>". `code` is the other side's word, which is cleaned and shortened; none of `secrets` is
/// shown in it.
net::Failure refusal(std::string_view who, const CredentialQuestion& question, const CredentialAnswer& answer,
                     std::string_view code, std::string_view remedy, const std::vector<std::string>& secrets);

/// name=value pairs as application/x-www-form-urlencoded.
std::string form_text(const std::vector<std::pair<std::string, std::string>>& fields);

/// Whether it can stand in a header and a URL's query: printable ASCII without spaces, not empty, at most 64
/// KiB.
bool is_plain_credential(std::string_view text);

}  // namespace stillage::blob
