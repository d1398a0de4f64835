// SPDX-License-Identifier: MIT
// Everything that can go wrong on the way to an HTTP cache, made to go wrong by a proxy in front of a real
// one: the right typed failure or success, in bounded time, with nothing half done on either side.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>

#include "blob/breaker_store.h"
#include "blob/http_store.h"
#include "blob/retry_store.h"
#include "os/file.h"
#include "os/stat.h"
#include "support/fault_proxy.h"
#include "support/log_recorder.h"
#include "support/nginx.h"

namespace stillage::test {
namespace {

using blob::BlobStore;
using blob::FailureKind;
using blob::Outcome;
using blob::PutOutcome;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kSize = 600'000;

/// A file at its final place, if a fetch has made it: written aside, renamed when the store reports success.
class Destination {
 public:
  explicit Destination(const TempDir& dir) : dir_(dir) {}
  Outcome<bool> fetch(BlobStore& store, const std::string& key) {
    const std::string aside = dir_ / "aside";
    STILLAGE_ASSIGN(const os::Fd file, os::open_path(aside, O_RDWR | O_CREAT | O_TRUNC));
    net::FileSink sink(file.get(), aside);
    STILLAGE_ASSIGN(const auto found, store.get(key, sink));
    if (!found) return false;
    if (::rename(aside.c_str(), (dir_ / "final").c_str()) != 0) return os::io_error("rename", aside);
    return true;
  }

 private:
  const TempDir& dir_;
};

class HttpFaults : public ::testing::Test {
 protected:
  HttpFaults() {
    nginx_dir_write("key", blob_);
    remake({});
  }

  void nginx_dir_write(const std::string& key, const std::string& bytes) {
    const auto file = os::open_path(nginx_.files() + "/" + key, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file && os::write_all(file->get(), bytes, key));
  }

  /// The whole chain, as a remote is opened.
  void remake(blob::RetryOptions retry) {
    blob::HttpStoreOptions options{.url = *net::Url::parse(proxy_.url())};
    options.bearer_token = "sekret-token";
    options.deadlines = {.connect = milliseconds(400),
                         .stall = milliseconds(400),
                         .answer = milliseconds(600),
                         .slow_window = milliseconds(800),
                         .slow_bytes = 100'000};
    http_ = std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(), options);
    retry.first_backoff = milliseconds(10);
    breaker_ = std::make_shared<blob::BreakerStore>(http_, blob::BreakerOptions{});
    chain_ = std::make_shared<blob::RetryStore>(breaker_, blob::Retrier(retry));
  }

  template <class Work>
  auto timed(Work work) -> decltype(work()) {
    const auto began = std::chrono::steady_clock::now();
    auto outcome = work();
    took_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    return outcome;
  }
  Outcome<bool> fetch(BlobStore& store) {
    return timed([&] { return Destination(dir_).fetch(store, "key"); });
  }
  Outcome<PutOutcome> put(BlobStore& store, const std::string& key = "new") {
    net::MemorySource source(blob_);
    return timed([&] { return store.put(key, source); });
  }

  /// A single attempt each way fails so, in time, and leaves nothing.
  void expect_failures(const std::string& fault, FailureKind get_kind, FailureKind put_kind) {
    proxy_.set(fault);
    const auto fetched = fetch(*http_);
    ASSERT_FALSE(fetched) << fault;
    EXPECT_EQ(fetched.error().what, get_kind) << fault << ": " << fetched.error().message;
    EXPECT_LT(took_, milliseconds(3000)) << fault;
    expect_no_secret(fetched.error());
    const auto stored = put(*http_);
    ASSERT_FALSE(stored) << fault;
    EXPECT_EQ(stored.error().what, put_kind) << fault << ": " << stored.error().message;
    EXPECT_LT(took_, milliseconds(3000)) << fault;
    expect_no_secret(stored.error());
    expect_nothing_half_done();
  }
  void expect_failures(const std::string& fault, FailureKind kind) { expect_failures(fault, kind, kind); }

  /// The chain gets over the fault's first `times` and does its work.
  void expect_recovery(std::string fault, int times = 2) {
    fault.insert(fault.size() - 1, R"(, "times": )" + std::to_string(times));
    remake({});
    proxy_.set(fault);
    const auto fetched = fetch(*chain_);
    ASSERT_TRUE(fetched && *fetched) << fault << ": " << (fetched ? "a miss" : fetched.error().message);
    EXPECT_EQ(dir_.read("final"), blob_) << fault;
    remake({});
    proxy_.set(fault);
    const auto stored = put(*chain_, "recovered");
    ASSERT_TRUE(stored) << fault << ": " << stored.error().message;
    EXPECT_EQ(*os::read_file(nginx_.files() + "/recovered"), blob_) << fault;
    ASSERT_EQ(::unlink((nginx_.files() + "/recovered").c_str()), 0);
    ASSERT_EQ(::unlink((dir_ / "final").c_str()), 0);
    EXPECT_THAT(log_.warnings(), IsEmpty()) << fault;
  }

  void expect_nothing_half_done() {
    EXPECT_FALSE(dir_.exists("final"));
    const auto stat = os::stat_path(nginx_.files() + "/new");
    // A server may have stored the whole blob without having been able to say so.
    ASSERT_TRUE(stat);
    EXPECT_TRUE(!*stat || (*stat)->size == kSize);
  }
  static void expect_no_secret(const blob::Failure& failure) {
    EXPECT_THAT(failure.message, ::testing::Not(HasSubstr("sekret")));
  }

  const std::string blob_ = [] {
    std::string bytes(kSize, '\0');
    for (std::size_t i = 0; i < kSize; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
    return bytes;
  }();
  LogRecorder log_;
  TempDir dir_;
  Nginx nginx_;
  FaultProxy proxy_{nginx_.port()};
  std::shared_ptr<BlobStore> http_;
  std::shared_ptr<blob::BreakerStore> breaker_;
  std::shared_ptr<BlobStore> chain_;
  milliseconds took_{0};
};

TEST_F(HttpFaults, NoFault) {
  ASSERT_TRUE(*fetch(*chain_));
  EXPECT_EQ(dir_.read("final"), blob_);
  ASSERT_TRUE(put(*chain_));
  EXPECT_EQ(*os::read_file(nginx_.files() + "/new"), blob_);
  EXPECT_EQ(proxy_.count(), 2);
}

TEST_F(HttpFaults, NobodyListens) {
  expect_failures(R"({"fault": "refuse"})", FailureKind::transient);
  EXPECT_LT(took_, milliseconds(300));
}

TEST_F(HttpFaults, ConnectionAttemptsAreNeverAnswered) {
  expect_failures(R"({"fault": "unroutable"})", FailureKind::transient);
  EXPECT_GE(took_, milliseconds(350));
}

TEST_F(HttpFaults, NeverAnswered) {
  expect_failures(R"({"fault": "silent"})", FailureKind::transient);
  expect_recovery(R"({"fault": "silent"})");
}

TEST_F(HttpFaults, Dropped) {
  expect_failures(R"({"fault": "drop"})", FailureKind::transient);
  expect_recovery(R"({"fault": "drop"})");
  expect_failures(R"({"fault": "reset"})", FailureKind::transient);
  expect_recovery(R"({"fault": "reset"})");
}

TEST_F(HttpFaults, StalledAnywhereInTheAnswer) {
  for (const std::string at : {"0", "10", "300", "300000"}) {
    proxy_.set(R"({"fault": "stall", "at": )" + at + "}");
    const auto fetched = fetch(*http_);
    ASSERT_FALSE(fetched) << at;
    EXPECT_EQ(fetched.error().what, FailureKind::transient);
    EXPECT_EQ(fetched.error().kind, ErrorKind::timeout);
    EXPECT_LT(took_, milliseconds(1500));
    expect_nothing_half_done();
  }
  expect_recovery(R"({"fault": "stall", "at": 300})", 1);
}

TEST_F(HttpFaults, StalledInTheRequest) {
  // Much more than fits into the buffers of the sockets between us.
  const std::string much(32 << 20, 'x');
  net::MemorySource source(much);
  proxy_.set(R"({"fault": "stall", "of": "request", "at": 1000, "times": 1})");
  const auto failed = timed([&] { return http_->put("new", source); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, FailureKind::transient);
  EXPECT_LT(took_, milliseconds(3000));
  expect_nothing_half_done();
  proxy_.set(R"({"fault": "stall", "of": "request", "at": 1000, "times": 1})");
  ASSERT_TRUE(chain_->put("new", source));
}

TEST_F(HttpFaults, Trickled) {
  const std::string trickle = R"({"fault": "trickle", "bytes": 1000, "seconds": 0.05})";
  proxy_.set(trickle);
  const auto fetched = fetch(*http_);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, FailureKind::transient);
  EXPECT_THAT(fetched.error().message, HasSubstr("only"));
  EXPECT_LT(took_, milliseconds(1500));
  expect_nothing_half_done();
  // Slow, but not too slow.
  proxy_.set(R"({"fault": "trickle", "bytes": 30000, "seconds": 0.05})");
  EXPECT_TRUE(*fetch(*http_));
}

TEST_F(HttpFaults, AnsweredLate) {
  expect_recovery(R"({"fault": "delay", "seconds": 0.8})", 1);
  proxy_.set(R"({"fault": "delay", "seconds": 0.2})");
  EXPECT_TRUE(*fetch(*http_));
  EXPECT_TRUE(put(*http_));
}

TEST_F(HttpFaults, CutOffAnywhereInTheAnswer) {
  for (const std::string at : {"0", "10", "300", "300000"}) {
    proxy_.set(R"({"fault": "truncate", "at": )" + at + "}");
    const auto fetched = fetch(*http_);
    ASSERT_FALSE(fetched) << at;
    EXPECT_TRUE(fetched.error().what == FailureKind::transient || at == "10") << fetched.error().message;
    EXPECT_LT(took_, milliseconds(1000));
    expect_nothing_half_done();
  }
  expect_recovery(R"({"fault": "truncate", "at": 300})", 1);
}

TEST_F(HttpFaults, ASecondAttemptLeavesNothingOfTheFirst) {
  proxy_.set(R"({"fault": "truncate", "at": 300000, "times": 2})");
  ASSERT_TRUE(*fetch(*chain_));
  EXPECT_EQ(dir_.read("final"), blob_);
  EXPECT_EQ(proxy_.count(), 3);
}

// HTTP has no checksum: what is behind a store must have one of its own, as our entries do.
TEST_F(HttpFaults, AFlippedBitIsForTheEntrysChecksumToFind) {
  proxy_.set(R"({"fault": "flip", "at": 1234})");
  ASSERT_TRUE(*fetch(*http_));
  const std::string fetched = dir_.read("final");
  ASSERT_EQ(fetched.size(), blob_.size());
  EXPECT_NE(fetched, blob_);
}

TEST_F(HttpFaults, AWrongLength) {
  // More than there is: cut off. Less: a blob that is too short, for the checksum; never more than announced.
  proxy_.set(R"({"fault": "length", "by": 100})");
  const auto more = fetch(*http_);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().what, FailureKind::transient);
  expect_nothing_half_done();
  proxy_.set(R"({"fault": "length", "by": -100})");
  const auto less = fetch(*http_);
  EXPECT_TRUE(!less || dir_.read("final").size() == kSize - 100);
}

TEST_F(HttpFaults, StatusBursts) {
  const auto status = [](int code, const std::string& more = "") {
    return R"({"fault": "status", "status": )" + std::to_string(code) + more + "}";
  };
  expect_failures(status(401), FailureKind::unauthorised);
  expect_failures(status(403), FailureKind::unauthorised);
  expect_failures(status(409), FailureKind::conflict);
  expect_failures(status(429), FailureKind::transient);
  expect_failures(status(500), FailureKind::transient);
  expect_failures(status(503), FailureKind::transient);
  for (const int code : {429, 500, 502, 503, 504}) expect_recovery(status(code));
  proxy_.set(status(404));
  const auto missed = fetch(*chain_);
  ASSERT_TRUE(missed);
  EXPECT_FALSE(*missed);
  EXPECT_FALSE(put(*http_));
}

TEST_F(HttpFaults, WaitsAsLongAsTheServerAsks) {
  proxy_.set(R"({"fault": "status", "status": 429, "headers": {"Retry-After": "1"}, "times": 1})");
  ASSERT_TRUE(*fetch(*chain_));
  EXPECT_GE(took_, milliseconds(1000));
  EXPECT_LT(took_, milliseconds(2000));
}

TEST_F(HttpFaults, AnExpiredTokenIsNotTriedAgain) {
  proxy_.set(R"({"fault": "status", "status": 401, "body": "token sekret-token has expired"})");
  const auto fetched = fetch(*chain_);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, FailureKind::unauthorised);
  EXPECT_THAT(fetched.error().message, HasSubstr("has expired"));
  expect_no_secret(fetched.error());
  EXPECT_EQ(proxy_.count(), 1);
}

TEST_F(HttpFaults, AWebPageInThePlaceOfABlob) {
  proxy_.set(R"({"fault": "status", "status": 200, "headers": {"Content-Type": "text/html"},)"
             R"( "body": "<html>Please log in</html>"})");
  const auto fetched = fetch(*chain_);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, FailureKind::protocol);
  expect_nothing_half_done();
  EXPECT_EQ(proxy_.count(), 1);
}

TEST_F(HttpFaults, ARedirectToAnotherHost) {
  Nginx other;
  const std::string fault =
      R"({"fault": "status", "status": 302, "headers": {"Location": ")" + other.url() + R"(/key"}})";
  expect_failures(fault, FailureKind::protocol);
  EXPECT_EQ(other.access_log(0), "");
}

// What a build meets: whatever the fault, one warning, and soon no more requests.
TEST_F(HttpFaults, EveryFaultThatStaysIsToldOnceAndSoonLeftAlone) {
  for (const char* const fault :
       {R"({"fault": "refuse"})", R"({"fault": "unroutable"})", R"({"fault": "silent"})",
        R"({"fault": "drop"})", R"({"fault": "reset"})", R"({"fault": "stall", "at": 300000})",
        R"({"fault": "truncate", "at": 300000})", R"({"fault": "length", "by": 100})",
        R"({"fault": "status", "status": 403})", R"({"fault": "status", "status": 429})",
        R"({"fault": "status", "status": 500})", R"({"fault": "status", "status": 503})",
        R"({"fault": "status", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"})",
        R"({"fault": "status", "status": 302, "headers": {"Location": "http://other.invalid/"}})"}) {
    const LogRecorder log;
    remake({});
    proxy_.set(fault);
    const int before = proxy_.count();
    timed([&] {
      for (int i = 0; i < 50; ++i) EXPECT_FALSE(Destination(dir_).fetch(*chain_, "key")) << fault;
      return 0;
    });
    EXPECT_TRUE(breaker_->is_open()) << fault;
    EXPECT_LE(proxy_.count() - before, 3) << fault;
    EXPECT_LT(took_, milliseconds(5000)) << fault;
    EXPECT_THAT(log.warnings(), ElementsAre(AllOf(HasSubstr(proxy_.url()), HasSubstr("is left alone"),
                                                  HasSubstr("; check "))))
        << fault;
    EXPECT_THAT(log.everything(), ::testing::Not(HasSubstr("sekret")));
    expect_nothing_half_done();
  }
}

// The same with the deadlines that users have, and the real clock: 50 look-ups and 50 puts of a build.
TEST_F(HttpFaults, ABlackHoleCostsAtMostFiveSeconds) {
  for (const char* const fault : {R"({"fault": "unroutable"})", R"({"fault": "silent"})"}) {
    proxy_.set(fault);
    http_ = std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(),
                                              blob::HttpStoreOptions{.url = *net::Url::parse(proxy_.url())});
    breaker_ = std::make_shared<blob::BreakerStore>(http_, blob::BreakerOptions{});
    chain_ = std::make_shared<blob::RetryStore>(breaker_, blob::Retrier({}));
    timed([&] {
      for (int i = 0; i < 50; ++i) EXPECT_FALSE(Destination(dir_).fetch(*chain_, "key"));
      net::MemorySource source(blob_);
      for (int i = 0; i < 50; ++i) EXPECT_FALSE(chain_->put("new", source));
      return 0;
    });
    EXPECT_LE(took_, milliseconds(5000)) << fault;
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
    EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(1500)) << fault;
  }
}

}  // namespace
}  // namespace stillage::test
