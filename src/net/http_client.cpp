// SPDX-License-Identifier: MIT
#include "net/http_client.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "net/curl_failure.h"
#include "net/curl_handle.h"
#include "net/transfer_loop.h"

namespace stillage::net {
namespace {

constexpr int kMostRedirects = 5;
constexpr std::size_t kPiece = 128 << 10;

/// One exchange, without redirects, on the asking thread.
class Exchange {
 public:
  Exchange(TransferLoop& loop, const HttpRequest& request, ByteSink& sink)
      : loop_(loop), request_(request), sink_(sink), transfer_(std::make_shared<Transfer>(request)) {}

  Outcome<HttpResponse> run(const std::stop_token& stop) {
    if (request_.body != nullptr) STILLAGE_TRY(request_.body->rewind());
    loop_.start(transfer_);
    auto done = serve(stop);
    if (!done) loop_.cancel(transfer_);
    return done;
  }

 private:
  Outcome<HttpResponse> serve(const std::stop_token& stop) {
    while (true) {
      Transfer::Task task = transfer_->next(stop);
      if (task.cancelled || stop.stop_requested())
        return failure(FailureKind::cancelled, fmt::format("{} {} was cancelled", request_.method, where()));
      if (task.head) STILLAGE_TRY(take_head(std::move(*task.head)));
      if (task.resume) loop_.resume(transfer_);
      if (!task.body.empty()) STILLAGE_TRY(take_body(task.body));
      if (task.send) STILLAGE_TRY(send_some(*task.send));
      if (task.end) return ended(*task.end);
    }
  }

  Outcome<void> take_head(HttpHead head) {
    static_cast<HttpHead&>(response_) = std::move(head);
    if (!response_.is_success()) return {};
    if (request_.range) STILLAGE_TRY(check_range());
    if (request_.accept) STILLAGE_TRY(request_.accept(response_));
    return {};
  }

  Outcome<void> check_range() {
    const std::string wanted = fmt::format("bytes {}-", request_.range->offset);
    if (response_.status == 206 && response_.headers.get("content-range").starts_with(wanted)) return {};
    return failure(
        FailureKind::protocol,
        fmt::format("{} {} does not answer with the range that it was asked for", request_.method, where()));
  }

  Outcome<void> take_body(std::string_view bytes) {
    STILLAGE_TRY(begin());
    STILLAGE_TRY(sink_.write(bytes));
    return {};
  }

  Outcome<void> begin() {
    if (!begun_) STILLAGE_TRY(sink_.begin(response_.content_length));
    begun_ = true;
    return {};
  }

  Outcome<void> send_some(unsigned round) {
    if (round != round_) {
      STILLAGE_TRY(request_.body->rewind());
      round_ = round;
    }
    if (piece_.empty()) piece_.resize(kPiece);
    STILLAGE_ASSIGN(const std::size_t got, request_.body->read(piece_));
    if (transfer_->give(round, {piece_.data(), got})) loop_.resume(transfer_);
    return {};
  }

  Outcome<HttpResponse> ended(const Transfer::End& end) {
    response_.error_body = transfer_->error_body();
    response_.received = transfer_->body_received();
    // The rest of an answer that says no does not matter.
    const bool refused = response_.status >= 300;
    if (end.code != CURLE_OK && !refused) return broken(end);
    if (response_.is_success() && request_.method != "HEAD" && response_.status != 204) STILLAGE_TRY(begin());
    return std::move(response_);
  }

  Outcome<HttpResponse> broken(const Transfer::End& end) {
    return tl::make_unexpected(curl_failure(end.code, fmt::format("{} {}", request_.method, where()),
                                            end.late.empty() ? end.text : end.late, secrets_of(request_)));
  }

  std::string where() const { return request_.url.display(); }

  TransferLoop& loop_;
  const HttpRequest& request_;
  ByteSink& sink_;
  const std::shared_ptr<Transfer> transfer_;
  HttpResponse response_;
  std::string piece_;
  unsigned round_ = 0;
  bool begun_ = false;
};

Outcome<void> check(const HttpRequest& request) {
  for (const Header& field : request.headers.fields())
    if (!is_valid_header(field.name, field.value))
      return failure(FailureKind::local,
                     fmt::format("the header \"{}\" for {} holds characters that no header may have",
                                 base::printable(field.name), request.url.origin()));
  if (request.range && request.range->size == 0)
    return failure(FailureKind::local, "an empty range can't be asked for");
  return {};
}

/// Where a redirect leads that may be followed; nothing if the answer is none.
Outcome<std::optional<Url>> redirect_of(const HttpRequest& request, const HttpResponse& response) {
  const int status = response.status;
  const bool any_method = status == 307 || status == 308;
  const bool reading = request.method == "GET" || request.method == "HEAD";
  const bool is_redirect = any_method || (reading && (status == 301 || status == 302 || status == 303));
  const auto location = response.headers.find("location");
  if (!is_redirect || !location) return std::optional<Url>();
  auto target = request.url.resolve(*location);
  if (!target)
    return failure(FailureKind::protocol,
                   fmt::format("{} {} redirects to what is no URL", request.method, request.url.display()));
  if (!request.url.same_origin(*target))
    return failure(
        FailureKind::protocol,
        fmt::format("{} {} redirects to another place, {}, where our credentials must not go; if that "
                    "is where the cache is, configure that URL",
                    request.method, request.url.display(), target->origin()));
  return std::optional(std::move(*target));
}

}  // namespace

HttpClient::HttpClient(HttpClientOptions options) {
  warn_if_unverified(options.tls);
  loop_ = std::make_unique<TransferLoop>(std::move(options));
}

HttpClient::~HttpClient() = default;

Outcome<HttpResponse> HttpClient::perform(const HttpRequest& request, ByteSink& sink, std::stop_token stop) {
  STILLAGE_TRY(check(request));
  HttpRequest current = request;
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    // A request that begins to be sent may already change something on the other side.
    if (stop.stop_requested())
      return failure(FailureKind::cancelled,
                     fmt::format("{} {} was cancelled", current.method, current.url.display()));
    STILLAGE_ASSIGN(HttpResponse response, Exchange(*loop_, current, sink).run(stop));
    note_date(response);
    STILLAGE_ASSIGN(auto next, redirect_of(current, response));
    if (!next) return response;
    current.url = std::move(*next);
  }
  return failure(FailureKind::protocol, fmt::format("{} {} redirects more than {} times", request.method,
                                                    request.url.display(), kMostRedirects));
}

void HttpClient::note_date(const HttpResponse& response) {
  if (const auto date = parse_http_date(response.headers.get("date")))
    clock_ahead_ =
        (*date - std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()))
            .count();
}

std::optional<std::chrono::seconds> HttpClient::clock_ahead() const {
  const std::int64_t seconds = clock_ahead_;
  return seconds == kNoDate ? std::nullopt : std::optional(std::chrono::seconds(seconds));
}

}  // namespace stillage::net
