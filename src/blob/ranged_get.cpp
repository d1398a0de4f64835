// SPDX-License-Identifier: MIT
#include "blob/ranged_get.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace stillage::blob {
namespace {

using net::Failure;
using net::FailureKind;
using net::HttpRequest;
using net::HttpResponse;
using net::Outcome;

/// The size of the whole in "bytes 0-99/1234".
std::optional<std::uint64_t> total_size(std::string_view content_range) {
  const std::size_t slash = content_range.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = content_range.substr(slash + 1);
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (digits.empty() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return size;
}

/// What a request for a range of a certain blob fails with when it has been replaced or removed.
bool is_change(const Failure& failure) {
  return failure.what == FailureKind::conflict || failure.http_status == 416 || failure.http_status == 404;
}

/// Tells the sink the size of the whole when the first part of it comes.
class FirstPartSink final : public net::ByteSink {
 public:
  explicit FirstPartSink(net::ByteSink& inner) : inner_(inner) {}
  Status begin(std::optional<std::uint64_t>) override { return inner_.begin(total); }
  Status write(std::string_view bytes) override { return inner_.write(bytes); }

  std::uint64_t total = 0;

 private:
  net::ByteSink& inner_;
};

Outcome<HttpResponse> get_whole(const RangedGet& get, net::ByteSink& sink, const std::stop_token& stop) {
  HttpRequest request = get.request();
  STILLAGE_ASSIGN(HttpResponse answer, get.perform(request, sink, stop));
  if (!answer.is_success()) return tl::make_unexpected(get.failure_of(request, answer));
  return answer;
}

}  // namespace

Outcome<HttpResponse> get_in_ranges(const RangedGet& get, const Parts& parts, const Retrier& retrier,
                                    net::ByteSink& sink, const std::stop_token& stop) {
  if (parts.at_once <= 1) return get_whole(get, sink, stop);
  HttpRequest first = get.request();
  first.range = net::ByteRange{0, parts.size};
  FirstPartSink first_sink(sink);
  const std::string where = first.url.display();
  first.accept = [&, also = first.accept](const net::HttpHead& head) -> Outcome<void> {
    if (also) STILLAGE_TRY(also(head));
    const auto total = total_size(head.headers.get("content-range"));
    if (!total)
      return net::failure(FailureKind::protocol, fmt::format("GET {} does not say how large it is", where));
    first_sink.total = *total;
    return {};
  };
  STILLAGE_ASSIGN(HttpResponse answer, get.perform(first, first_sink, stop));
  if (answer.status == 416) return get_whole(get, sink, stop);  // an empty blob has no first byte
  if (!answer.is_success()) return tl::make_unexpected(get.failure_of(first, answer));

  const std::string etag(answer.headers.get("etag"));
  // Without a name for what we have a part of, no other part can be told to be of the same.
  if (etag.empty() && answer.received < first_sink.total) return get_whole(get, sink, stop);
  const auto fetch_once = [&](std::uint64_t offset, std::uint64_t size,
                              const std::stop_token& token) -> Outcome<std::string> {
    HttpRequest request = get.request();
    request.range = net::ByteRange{offset, size};
    request.headers.add("If-Match", etag);
    net::MemorySink part(size);
    STILLAGE_ASSIGN(const HttpResponse got, get.perform(request, part, token));
    if (!got.is_success()) return tl::make_unexpected(get.failure_of(request, got));
    // Not every server cares for If-Match.
    if (got.headers.get("etag") != etag || total_size(got.headers.get("content-range")) != first_sink.total)
      return net::failure(FailureKind::conflict,
                          fmt::format("GET {} answers with another blob's part", where));
    if (part.bytes().size() == size) return part.take();
    return net::failure(FailureKind::transient, fmt::format("GET {} answers with a part of a range", where));
  };
  const auto fetch = [&](std::uint64_t offset, std::uint64_t size, std::stop_token token) {
    return retrier.tried(token, [&] { return fetch_once(offset, size, token); });
  };
  auto rest = fetch_parts(answer.received, first_sink.total, parts, fetch, sink, stop);
  // One request alone sees one blob, however often it is replaced.
  if (!rest && is_change(rest.error())) return get_whole(get, sink, stop);
  STILLAGE_TRY(std::move(rest));
  answer.received = first_sink.total;
  return answer;
}

}  // namespace stillage::blob
