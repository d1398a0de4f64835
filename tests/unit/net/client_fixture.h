// SPDX-License-Identifier: MIT
#pragma once
// A client with short deadlines, for what it does with servers, bodies and certificates.

#include <gmock/gmock.h>

#include "net/http_client.h"

namespace stillage::net {

/// The most that is kept of an answer.
inline constexpr std::uint64_t kMuch = 64 << 20;

class Client : public ::testing::Test {
 protected:
  static HttpRequest request(const std::string& url, const std::string& method = "GET") {
    HttpRequest made(method, *Url::parse(url));
    made.deadlines = {.connect = std::chrono::milliseconds(5000),
                      .stall = std::chrono::milliseconds(500),
                      .answer = std::chrono::milliseconds(1000),
                      .slow_window = std::chrono::milliseconds(1500),
                      .slow_bytes = 1 << 10};
    return made;
  }
  Outcome<HttpResponse> perform(const HttpRequest& asked) { return client_.perform(asked, sink_); }
  /// Fails if it is a success.
  Failure failure_of(const HttpRequest& asked) {
    auto answer = perform(asked);
    EXPECT_FALSE(answer);
    return answer ? Failure() : answer.error();
  }
  Outcome<HttpResponse> put(const std::string& url, const std::string& bytes) {
    MemorySource source(bytes);
    HttpRequest asked = request(url, "PUT");
    asked.body = &source;
    return perform(asked);
  }

  HttpClient client_;
  MemorySink sink_{kMuch};
};

}  // namespace stillage::net
