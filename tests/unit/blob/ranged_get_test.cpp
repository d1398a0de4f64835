// SPDX-License-Identifier: MIT
// Ranges of a blob that is replaced while it is fetched, by a server that does less than it should to tell.
#include "blob/ranged_get.h"

#include <gmock/gmock.h>

#include <mutex>

namespace stillage::blob {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Outcome;

constexpr std::uint64_t kPart = 100;

/// One blob, which is another from the second request on, and a server that does not look at If-Match.
class CarelessServer {
 public:
  explicit CarelessServer(bool tells_etags) : tells_etags_(tells_etags) {}

  Outcome<HttpResponse> answer(const HttpRequest& request, net::ByteSink& sink) {
    const std::lock_guard lock(mutex_);
    const bool is_new = ++requests_ > 1;
    const std::string blob(1000, is_new ? 'n' : 'o');
    const net::ByteRange range = request.range.value_or(net::ByteRange{0, blob.size()});
    const std::string body = blob.substr(range.offset, range.size);
    HttpResponse response;
    response.status = request.range ? 206 : 200;
    response.content_length = response.received = body.size();
    response.headers.add("Content-Range", "bytes " + std::to_string(range.offset) + "-" +
                                              std::to_string(range.offset + body.size() - 1) + "/1000");
    if (tells_etags_) response.headers.add("ETag", is_new ? "\"new\"" : "\"old\"");
    if (request.accept) STILLAGE_TRY(request.accept(response));
    STILLAGE_TRY(sink.begin(body.size()));
    STILLAGE_TRY(sink.write(body));
    return response;
  }

  RangedGet get() {
    return {.request = [] { return HttpRequest("GET", *net::Url::parse("http://127.0.0.1/blob")); },
            .perform = [this](HttpRequest& request, net::ByteSink& sink,
                              const std::stop_token&) { return answer(request, sink); },
            .failure_of = [](const HttpRequest& request,
                             const HttpResponse& response) { return net::failure_of(request, response); }};
  }
  int requests() const { return requests_; }

 private:
  const bool tells_etags_;
  std::mutex mutex_;
  int requests_ = 0;
};

TEST(RangedGet, AServerThatIgnoresIfMatchMixesNoBlobs) {
  CarelessServer server(true);
  net::MemorySink sink(1000);
  const auto got =
      get_in_ranges(server.get(), {.size = kPart, .at_once = 3}, Retrier(RetryOptions{}), sink, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink.bytes(), std::string(1000, 'n'));
}

TEST(RangedGet, WithoutETagsABlobComesInOnePiece) {
  CarelessServer server(false);
  net::MemorySink sink(1000);
  const auto got =
      get_in_ranges(server.get(), {.size = kPart, .at_once = 3}, Retrier(RetryOptions{}), sink, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink.bytes(), std::string(1000, 'n'));
  EXPECT_EQ(server.requests(), 2);
}

}  // namespace
}  // namespace stillage::blob
