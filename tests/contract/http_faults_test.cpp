// SPDX-License-Identifier: MIT
// What faults mean for HTTP alone, beside what the fault suite asks of every store: how many requests they
// cost, and what TLS does when its handshake is slow.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "blob/breaker_store.h"
#include "blob/http_store.h"
#include "blob/retry_store.h"
#include "contract/is_hit.h"
#include "os/file.h"
#include "support/fault_proxy.h"
#include "support/in_time.h"
#include "support/log_recorder.h"
#include "support/nginx.h"

namespace stillage::test {
namespace {

using blob::BlobStore;
using blob::FailureKind;
using blob::Outcome;
using blob::PutOutcome;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kHttpBlob = 600'000;

class HttpFaults : public ::testing::Test {
 protected:
  HttpFaults() {
    const auto file = os::open_path(nginx_.files() + "/key", O_WRONLY | O_CREAT | O_TRUNC);
    EXPECT_TRUE(file && os::write_all(file->get(), blob_, "key"));
    remake({.stall = milliseconds(400)});
  }

  /// The whole chain, as a remote is opened.
  void remake(const net::HttpDeadlines& deadlines) {
    blob::HttpStoreOptions options{.url = *net::Url::parse(proxy_.url())};
    options.bearer_token = "sekret-token";
    options.deadlines = deadlines;
    chain_ = std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(), options);
    chain_ = std::make_shared<blob::BreakerStore>(chain_, blob::BreakerOptions{});
    chain_ = std::make_shared<blob::RetryStore>(chain_, blob::Retrier({}));
  }

  Outcome<bool> fetch() {
    net::MemorySink sink(2 * kHttpBlob);
    STILLAGE_ASSIGN(const auto found, chain_->get("key", sink));
    fetched_ = sink.take();
    return found.has_value();
  }
  Outcome<PutOutcome> put() {
    net::MemorySource source(blob_);
    return chain_->put("new", source);
  }

  const std::string blob_ = std::string(kHttpBlob, 'x') + "end";
  LogRecorder log_;
  Nginx nginx_;
  FaultProxy proxy_{nginx_.port()};
  std::shared_ptr<BlobStore> chain_;
  std::string fetched_;
};

TEST_F(HttpFaults, OneRequestEachWay) {
  ASSERT_TRUE(is_hit(fetch()));
  EXPECT_EQ(fetched_, blob_);
  ASSERT_TRUE(put());
  EXPECT_EQ(*os::read_file(nginx_.files() + "/new"), blob_);
  EXPECT_EQ(proxy_.count(), 2);
}

TEST_F(HttpFaults, AMissIsAnAnswer) {
  proxy_.set(R"({"fault": "status", "status": 404})");
  const auto missed = fetch();
  ASSERT_TRUE(missed);
  EXPECT_FALSE(*missed);
  EXPECT_EQ(proxy_.count(), 1);
}

TEST_F(HttpFaults, ARequestThatStalledIsTriedAgain) {
  // Much more than fits into the buffers of the sockets between us.
  const std::string much(32 << 20, 'x');
  net::MemorySource source(much);
  proxy_.set(R"({"fault": "stall", "of": "request", "at": 1000, "times": 1})");
  ASSERT_TRUE(chain_->put("new", source));
  EXPECT_EQ(proxy_.count(), 2);
}

TEST_F(HttpFaults, ASecondAttemptLeavesNothingOfTheFirst) {
  proxy_.set(R"({"fault": "truncate", "at": 300000, "times": 2})");
  ASSERT_TRUE(is_hit(fetch()));
  EXPECT_EQ(fetched_, blob_);
  EXPECT_EQ(proxy_.count(), 3);
}

TEST_F(HttpFaults, AnExpiredTokenIsNotTriedAgain) {
  proxy_.set(R"({"fault": "status", "status": 401, "body": "token sekret-token has expired"})");
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, FailureKind::unauthorised);
  EXPECT_THAT(fetched.error().message, HasSubstr("has expired"));
  EXPECT_THAT(fetched.error().message, Not(HasSubstr("sekret")));
  EXPECT_EQ(proxy_.count(), 1);
}

TEST_F(HttpFaults, AWebPageIsNotTriedAgain) {
  proxy_.set(
      R"({"fault": "status", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"})");
  ASSERT_FALSE(fetch());
  ASSERT_FALSE(put());
  EXPECT_EQ(proxy_.count(), 2);
}

// As Apache says that it has stored something.
TEST_F(HttpFaults, AWebPageThatSaysCreatedIsNoFailure) {
  proxy_.set(
      R"({"fault": "status", "status": 201, "headers": {"Content-Type": "text/html"}, "body": "<html>"})");
  EXPECT_TRUE(put());
}

TEST_F(HttpFaults, NothingIsAskedOfAnotherHost) {
  const Nginx other;
  proxy_.set(R"({"fault": "status", "status": 302, "headers": {"Location": ")" + other.url() + R"(/key"}})");
  EXPECT_FALSE(fetch());
  EXPECT_FALSE(put());
  EXPECT_EQ(other.access_log(0), "");
}

// With the deadlines that users have, and the real clock: 50 look-ups and 50 puts of a build.
TEST_F(HttpFaults, ABlackHoleCostsAtMostFiveSeconds) {
  for (const char* const fault : {R"({"fault": "unroutable"})", R"({"fault": "silent"})"}) {
    proxy_.set(fault);
    remake({});
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(fetch());
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(put());
    EXPECT_LE(std::chrono::steady_clock::now() - began, in_time(milliseconds(5000))) << fault;
  }
}

TEST(HttpsFaults, SlowAndBrokenTls) {
  const Nginx nginx({.tls = true});
  FaultProxy proxy(nginx.port(), FaultProxy::Level::raw);
  net::HttpClientOptions client;
  client.tls.ca_file = nginx.ca_file();
  blob::HttpStoreOptions options{.url =
                                     *net::Url::parse("https://127.0.0.1:" + std::to_string(proxy.port()))};
  options.deadlines.connect = milliseconds(500);
  options.deadlines.stall = milliseconds(500);
  const auto look = [&] {
    blob::HttpStore store(std::make_shared<net::HttpClient>(client), options);
    return static_cast<BlobStore&>(store).contains("key");
  };
  ASSERT_TRUE(look());
  proxy.set(R"({"fault": "delay", "seconds": 0.2})");
  EXPECT_TRUE(look());
  for (const char* const fault :
       {R"({"fault": "silent"})", R"({"fault": "delay", "seconds": 2})", R"({"fault": "stall", "at": 100})",
        R"({"fault": "trickle", "bytes": 1, "seconds": 0.01})", R"({"fault": "truncate", "at": 100})",
        R"({"fault": "reset"})"}) {
    proxy.set(fault);
    const auto began = std::chrono::steady_clock::now();
    const auto found = look();
    ASSERT_FALSE(found) << fault;
    EXPECT_EQ(found.error().what, FailureKind::transient) << fault << ": " << found.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - began, in_time(milliseconds(1500))) << fault;
  }
}

}  // namespace
}  // namespace stillage::test
