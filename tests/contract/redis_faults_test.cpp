// SPDX-License-Identifier: MIT
// Everything that can go wrong on the way to Redis, made to go wrong by a proxy in front of a real one: the
// right typed failure or success, in bounded time, with nothing half done on either side.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "blob/breaker_store.h"
#include "blob/redis_store.h"
#include "blob/retry_store.h"
#include "contract/is_hit.h"
#include "support/fault_proxy.h"
#include "support/in_time.h"
#include "support/log_recorder.h"
#include "support/redis_server.h"
#include "support/scripted_server.h"

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
using ::testing::Not;

constexpr std::size_t kRedisBlob = 600'000;
constexpr const char* kPassword = "sekret-word";

net::HttpDeadlines short_deadlines() {
  return {.connect = milliseconds(400),
          .stall = milliseconds(300),
          .answer = milliseconds(500),
          .slow_window = milliseconds(600),
          .slow_bytes = 100'000};
}

class RedisFaults : public ::testing::Test {
 protected:
  RedisFaults() {
    const auto stored = put(*store(server_.port()), "key");
    EXPECT_TRUE(stored) << stored.error().message;
  }

  static std::shared_ptr<BlobStore> store(std::uint16_t port,
                                          net::HttpDeadlines deadlines = short_deadlines()) {
    net::RedisClientOptions client{.url = *net::Url::parse("redis://127.0.0.1:" + std::to_string(port))};
    client.password = kPassword;
    client.deadlines = deadlines;
    return std::make_shared<blob::RedisStore>(
        std::make_shared<net::RedisClient>(client),
        blob::RedisStoreOptions{.parts = {.size = 100'000, .at_once = 2}});
  }
  /// Through the proxy, over connections that nobody has used before.
  std::shared_ptr<BlobStore> fresh() { return store(proxy_.port()); }
  void remake_chain(std::shared_ptr<BlobStore> over) {
    breaker_ = std::make_shared<blob::BreakerStore>(std::move(over), blob::BreakerOptions{});
    chain_ = std::make_shared<blob::RetryStore>(breaker_, blob::Retrier({.first_backoff = milliseconds(10)}));
  }

  template <class Work>
  auto timed(Work work) -> decltype(work()) {
    const auto began = std::chrono::steady_clock::now();
    auto outcome = work();
    took_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    return outcome;
  }
  Outcome<std::optional<blob::BlobInfo>> get(BlobStore& from) {
    return timed([&] { return from.get("key", sink_); });
  }
  Outcome<PutOutcome> put(BlobStore& to, const std::string& key = "new") {
    net::MemorySource source(blob_);
    return timed([&] { return to.put(key, source); });
  }

  void expect_failures(const std::string& fault) {
    proxy_.set(fault);
    const auto fetched = get(*fresh());
    expect_transient(fetched, fault);
    const auto stored = put(*fresh());
    expect_transient(stored, fault);
    expect_nothing_half_done();
  }
  template <class T>
  void expect_transient(const Outcome<T>& outcome, const std::string& fault) {
    ASSERT_FALSE(outcome) << fault;
    EXPECT_EQ(outcome.error().what, FailureKind::transient) << fault << ": " << outcome.error().message;
    EXPECT_THAT(outcome.error().message, HasSubstr("redis://127.0.0.1:")) << fault;
    EXPECT_THAT(outcome.error().message, Not(HasSubstr("sekret"))) << fault;
    EXPECT_LT(took_, in_time(milliseconds(2000))) << fault;
  }
  void expect_recovery(std::string fault) {
    fault.insert(fault.size() - 1, R"(, "times": 1)");
    remake_chain(fresh());
    proxy_.set(fault);
    const auto fetched = get(*chain_);
    ASSERT_TRUE(is_hit(fetched)) << fault;
    EXPECT_EQ(sink_.bytes(), blob_) << fault;
    remake_chain(fresh());
    proxy_.set(fault);
    ASSERT_TRUE(put(*chain_)) << fault;
    expect_nothing_half_done();
  }
  /// A server may have stored the whole blob without having been able to say so.
  void expect_nothing_half_done() {
    const auto direct = store(server_.port());
    net::MemorySink sink(kRedisBlob);
    const auto found = direct->get("new", sink);
    ASSERT_TRUE(found) << found.error().message;
    if (*found) {
      EXPECT_EQ(sink.bytes(), blob_);
    }
    ASSERT_TRUE(direct->remove("new"));
    const auto listed = direct->list("", [](const blob::ListedBlob& blob) -> Outcome<void> {
      EXPECT_EQ(blob.key, "key");
      return {};
    });
    EXPECT_TRUE(listed);
  }

  const std::string blob_ = [] {
    std::string bytes(kRedisBlob, '\0');
    for (std::size_t i = 0; i < kRedisBlob; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
    return bytes;
  }();
  net::MemorySink sink_{kRedisBlob};
  milliseconds took_{0};
  RedisServer server_{{.more = {std::string("requirepass ") + kPassword}}};
  FaultProxy proxy_{server_.port(), FaultProxy::Level::raw};
  std::shared_ptr<blob::BreakerStore> breaker_;
  std::shared_ptr<BlobStore> chain_;
};

TEST_F(RedisFaults, NoFault) {
  const auto through = fresh();
  ASSERT_TRUE(is_hit(get(*through)));
  EXPECT_EQ(sink_.bytes(), blob_);
  ASSERT_TRUE(put(*through));
  EXPECT_EQ(proxy_.count(), 1) << "one connection is enough";
}

TEST_F(RedisFaults, NobodyAnswers) {
  for (const char* const fault : {R"({"fault": "refuse"})", R"({"fault": "unroutable"})"})
    expect_failures(fault);
  for (const char* const fault :
       {R"({"fault": "silent"})", R"({"fault": "drop"})", R"({"fault": "reset"})"}) {
    expect_failures(fault);
    expect_recovery(fault);
  }
}

TEST_F(RedisFaults, StalledOrCutOffAnywhereInTheAnswer) {
  for (const char* const at : {"0", "3", "5", "20", "5000", "150000", "500000"}) {
    proxy_.set(std::string(R"({"fault": "truncate", "at": )") + at + "}");
    expect_transient(get(*fresh()), std::string("cut off at ") + at);
  }
  for (const char* const at : {"3", "20", "150000"}) {
    proxy_.set(std::string(R"({"fault": "stall", "at": )") + at + "}");
    const auto fetched = get(*fresh());
    expect_transient(fetched, std::string("stalled at ") + at);
    EXPECT_EQ(fetched.error().kind, ErrorKind::timeout);
  }
  expect_recovery(R"({"fault": "stall", "at": 150000})");
  expect_recovery(R"({"fault": "truncate", "at": 150000})");
}

TEST_F(RedisFaults, Trickled) {
  proxy_.set(R"({"fault": "trickle", "bytes": 1000, "seconds": 0.05})");
  const auto fetched = get(*fresh());
  expect_transient(fetched, "trickle");
  EXPECT_THAT(fetched.error().message, HasSubstr("only"));
  proxy_.set(R"({"fault": "trickle", "bytes": 30000, "seconds": 0.05})");
  EXPECT_TRUE(is_hit(get(*fresh())));
}

TEST_F(RedisFaults, StalledInTheRequest) {
  std::atomic<bool> ending = false;
  {
    ScriptedServer deaf([&](Connection& c) {
      c.read_body(40);
      c.send("+OK\r\n");  // to AUTH; what comes then stays in the buffers of the sockets
      while (!ending) std::this_thread::sleep_for(milliseconds(10));
    });
    const std::string much(32 << 20, 'x');
    net::MemorySource source(much);
    const auto stored = timed([&] { return store(deaf.port())->put("new", source); });
    expect_transient(stored, "a server that does not read");
    EXPECT_EQ(stored.error().kind, ErrorKind::timeout);
    ending = true;
  }
}

TEST_F(RedisFaults, CancelledAtOnceWhileItWaits) {
  proxy_.set(R"({"fault": "silent"})");
  net::HttpDeadlines patient;
  patient.stall = std::chrono::seconds(60);
  std::stop_source stop;
  const std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
  });
  const auto through = store(proxy_.port(), patient);
  const auto fetched = timed([&] { return through->get("key", sink_, stop.get_token()); });
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, FailureKind::cancelled);
  EXPECT_LT(took_, in_time(milliseconds(1000)));
}

TEST_F(RedisFaults, EveryFaultThatStaysIsToldOnceAndSoonLeftAlone) {
  for (const char* const fault : {R"({"fault": "refuse"})", R"({"fault": "silent"})", R"({"fault": "reset"})",
                                  R"({"fault": "truncate", "at": 150000})"}) {
    const LogRecorder log;
    proxy_.set(fault);
    remake_chain(fresh());
    timed([&] {
      for (int i = 0; i < 50; ++i) EXPECT_FALSE(chain_->get("key", sink_)) << fault;
      return 0;
    });
    EXPECT_TRUE(breaker_->is_open()) << fault;
    EXPECT_LT(took_, in_time(milliseconds(5000))) << fault;
    EXPECT_THAT(log.warnings(), ElementsAre(AllOf(HasSubstr("the Redis cache redis://127.0.0.1"),
                                                  HasSubstr("is left alone"))))
        << fault;
    EXPECT_THAT(log.everything(), Not(HasSubstr("sekret")));
  }
}

TEST_F(RedisFaults, ABlackHoleCostsAtMostFiveSeconds) {
  proxy_.set(R"({"fault": "silent"})");
  remake_chain(store(proxy_.port(), {}));
  timed([&] {
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(chain_->get("key", sink_));
    net::MemorySource source(blob_);
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(chain_->put("new", source));
    return 0;
  });
  EXPECT_LE(took_, in_time(milliseconds(5000)));
}

TEST(RedissFaults, SlowAndBrokenTls) {
  const RedisServer server({.tls = true});
  FaultProxy proxy(server.port(), FaultProxy::Level::raw);
  net::RedisClientOptions client = server.client_options();
  client.url = *net::Url::parse("rediss://127.0.0.1:" + std::to_string(proxy.port()));
  client.deadlines = short_deadlines();
  const auto look = [&] {
    blob::RedisStore store(std::make_shared<net::RedisClient>(client), {});
    return static_cast<BlobStore&>(store).contains("key");
  };
  ASSERT_TRUE(look());
  proxy.set(R"({"fault": "delay", "seconds": 0.2})");
  EXPECT_TRUE(look());
  for (const char* const fault : {R"({"fault": "silent"})", R"({"fault": "stall", "at": 100})",
                                  R"({"fault": "truncate", "at": 100})", R"({"fault": "reset"})"}) {
    proxy.set(fault);
    const auto found = look();
    ASSERT_FALSE(found) << fault;
    EXPECT_EQ(found.error().what, FailureKind::transient) << fault << ": " << found.error().message;
  }
  // A server without TLS, and TLS where there is none.
  const RedisServer plain;
  client.url = *net::Url::parse("rediss://127.0.0.1:" + std::to_string(plain.port()));
  EXPECT_FALSE(look());
  client.url = *net::Url::parse("redis://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace stillage::test
