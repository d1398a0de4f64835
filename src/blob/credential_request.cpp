// SPDX-License-Identifier: MIT
#include "blob/credential_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "blob/retrier.h"
#include "net/percent.h"

namespace stillage::blob {
namespace {

constexpr std::uint64_t kLongestAnswer = 1 << 20;
constexpr std::size_t kLongestCredential = 64 << 10;
constexpr std::size_t kLongestCode = 300;

/// Dotted IPv4 whose first octets are these.
bool is_address_in(std::string_view host, std::string_view prefix) {
  return host.starts_with(prefix) && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_local_host(const net::Url& url, PlainHttp plain) {
  const std::string& host = url.host();
  if (host == "localhost" || host == "[::1]" || is_address_in(host, "127.")) return true;
  // 169.254.169.254, 169.254.170.2 and their like, and what AWS has of IPv6.
  return plain == PlainHttp::local && (is_address_in(host, "169.254.") || host.starts_with("[fd00:ec2::"));
}

Result<net::Url> credential_url(std::string_view origin, std::string_view text, PlainHttp plain) {
  auto url = net::Url::parse(text);
  if (!url || (url->scheme() != "https" && url->scheme() != "http"))
    return fail(ErrorKind::invalid, fmt::format("{} is no URL that can be used", origin));
  if (!url->is_https() && !is_local_host(*url, plain))
    return fail(ErrorKind::invalid,
                fmt::format("{} must be an https URL: credentials would pass {} for all to read", origin,
                            url->origin()));
  return std::move(*url);
}

net::Outcome<CredentialAnswer> ask(net::HttpClient& client, CredentialQuestion question,
                                   std::stop_token stop) {
  net::HttpRequest& request = question.request;
  request.direct = is_local_host(request.url, PlainHttp::local);
  // Who is on this machine, or on its link, is reached soon or not at all.
  request.deadlines.connect = std::chrono::milliseconds(request.direct ? 1000 : 2000);
  request.deadlines.answer = std::chrono::milliseconds(4000);
  net::MemorySource body(question.body);
  if (!question.body.empty()) request.body = &body;
  const Retrier retrier({.attempts = question.attempts,
                         .longest_backoff = std::chrono::milliseconds(1000),
                         .longest_retry_after = std::chrono::milliseconds(2000),
                         .after_timeouts = false});
  return retrier.tried(stop, [&]() -> net::Outcome<CredentialAnswer> {
    net::MemorySink sink(kLongestAnswer);
    STILLAGE_ASSIGN(net::HttpResponse response, client.perform(request, sink, stop));
    if (!response.is_success()) {
      std::string error_body = std::exchange(response.error_body, "");
      net::Failure failure = net::failure_of(request, response);
      if (failure.is_transient()) return tl::make_unexpected(std::move(failure));
      return CredentialAnswer{std::move(response), std::move(error_body)};
    }
    return CredentialAnswer{std::move(response), sink.take()};
  });
}

net::Failure refusal(std::string_view who, const CredentialQuestion& question, const CredentialAnswer& answer,
                     std::string_view code, std::string_view remedy,
                     const std::vector<std::string>& secrets) {
  std::vector<std::string> hidden = net::secrets_of(question.request);
  hidden.insert(hidden.end(), secrets.begin(), secrets.end());
  std::string word = net::redact(code, hidden);
  word =
      base::printable(std::string_view(word).substr(0, std::min(word.find_first_of("\r\n"), kLongestCode)));
  net::Failure failure(net::FailureKind::unauthorised,
                       fmt::format("{}: {} {} answers {}", who, question.request.method,
                                   question.request.url.display(), answer.head.status));
  if (!word.empty()) failure.message += fmt::format(" ({})", word);
  if (!remedy.empty()) failure.message += fmt::format("; {}", remedy);
  failure.http_status = answer.head.status;
  return failure;
}

std::string form_text(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : fields)
    pairs.push_back(net::percent_encode(name) + "=" + net::percent_encode(value));
  return base::join(pairs, "&");
}

bool is_plain_credential(std::string_view text) {
  return !text.empty() && text.size() <= kLongestCredential &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace stillage::blob
