// SPDX-License-Identifier: MIT
#pragma once
// One HTTP request and its answer.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/body.h"
#include "net/failure.h"
#include "net/headers.h"
#include "net/url.h"

namespace stillage::net {

/// How long a transfer may take to get on. Waiting for our own source or sink does not count.
struct HttpDeadlines {
  /// From the start to a connection, name look-up and TLS included.
  std::chrono::milliseconds connect{2000};
  /// Without a byte in either direction, while there is something to send or to receive.
  std::chrono::milliseconds stall{4000};
  /// From the last byte of a request's body to the first of the answer: the server may have much to do.
  std::chrono::milliseconds answer{30'000};
  /// A transfer that has run longer than `slow_window` must have moved `slow_bytes` in each such window.
  std::chrono::milliseconds slow_window{15'000};
  std::uint64_t slow_bytes = 15 << 10;
};

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// The status line and the header fields of an answer.
struct HttpHead {
  int status = 0;
  Headers headers;
  std::optional<std::uint64_t> content_length;

  bool is_success() const { return status >= 200 && status < 300; }
};

struct HttpRequest {
  HttpRequest(std::string with_method, Url of) : method(std::move(with_method)), url(std::move(of)) {}

  std::string method;
  /// User info in it is sent as Basic authorization.
  Url url;
  Headers headers;
  /// Sent with its Content-Length; not owned.
  ByteSource* body = nullptr;
  /// Asks for these bytes; an answer with others is a `protocol` failure.
  std::optional<ByteRange> range;
  /// Called with the head of a successful answer before the sink gets anything; a failure ends the transfer.
  std::function<Outcome<void>(const HttpHead&)> accept;
  HttpDeadlines deadlines;
  /// No proxy, whatever the environment says: for hosts that only this machine can reach.
  bool direct = false;
};

struct HttpResponse : HttpHead {
  /// Of an answer that is no success: the first 16 KiB of its body.
  std::string error_body;
  /// Of the body, as it came over the wire.
  std::uint64_t received = 0;
};

/// What an answer that is no success means, by its status: 401, 403, 407 unauthorised; 404, 410 not found;
/// 409, 412 conflict; 413 too large; 408, 425, 429 and 5xx (but 501, 505, 507) transient, with Retry-After;
/// 405, 501 unsupported; anything else `protocol`. The message has the method, the URL without its query, the
/// status, and of a short text answer its beginning.
Failure failure_of(const HttpRequest& request, const HttpResponse& response);

/// The value of a Date field (any of the three forms of RFC 9110); nothing if it is none.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value);

/// The value of a Retry-After field, in seconds or as a date, as a time from now; at most an hour. Nothing if
/// it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value);

/// The text, if it is a word that a program may call a failure by: up to 64 letters, digits, '_' and '.';
/// else
/// "". What else stands in its place may be anything, our own secrets in some disguise too.
std::string plain_word(std::string_view text);

/// Every value in the request that must not be shown: secret headers, user info, query values.
std::vector<std::string> secrets_of(const HttpRequest& request);

}  // namespace stillage::net
