// SPDX-License-Identifier: MIT
// What a server of Turborepo's protocol may answer instead of an artifact: the transport is HttpFaults'.
#include <gmock/gmock.h>

#include "blob/turbo_store.h"
#include "support/fault_proxy.h"
#include "support/turbo_server.h"

namespace stillage::test {
namespace {

using blob::BlobStore;
using blob::FailureKind;
using std::chrono::milliseconds;

TEST(TurboFaults, EachEndsAsTheFailureThatItIs) {
  const TurboServer server("kept");
  FaultProxy proxy(server.port());
  blob::TurboStoreOptions options{.url = *net::Url::parse(proxy.url())};
  options.token = TurboServer::token();
  options.team = "sekret";
  options.signature_key = "sekret-key";
  options.deadlines = {.connect = milliseconds(400), .stall = milliseconds(400), .answer = milliseconds(600)};
  blob::TurboStore turbo(std::make_shared<net::HttpClient>(), options);
  BlobStore& store = turbo;
  const std::string blob(600'000, 'x');
  const auto put = [&] {
    net::MemorySource source(blob);
    return store.put("key", source);
  };
  net::MemorySink sink(1'000'000);
  ASSERT_TRUE(put());
  ASSERT_TRUE(*store.get("key", sink));
  EXPECT_EQ(sink.bytes(), blob);

  const std::vector<std::pair<std::string, FailureKind>> faults{
      {R"({"fault": "refuse"})", FailureKind::transient},
      {R"({"fault": "silent"})", FailureKind::transient},
      {R"({"fault": "drop"})", FailureKind::transient},
      {R"({"fault": "stall", "at": 300000})", FailureKind::transient},
      {R"({"fault": "truncate", "at": 300000})", FailureKind::transient},
      {R"({"fault": "flip", "at": 12345})", FailureKind::protocol},
      {R"({"fault": "status", "status": 401})", FailureKind::unauthorised},
      {R"({"fault": "status", "status": 403})", FailureKind::unauthorised},
      {R"({"fault": "status", "status": 429})", FailureKind::transient},
      {R"({"fault": "status", "status": 500})", FailureKind::transient},
      {R"({"fault": "status", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"})",
       FailureKind::protocol},
      {R"({"fault": "status", "status": 302, "headers": {"Location": "http://other.invalid/"}})",
       FailureKind::protocol}};
  for (const auto& [fault, kind] : faults) {
    proxy.set(fault);
    const auto fetched = store.get("key", sink);
    ASSERT_FALSE(fetched) << fault;
    // A bit that is changed may also be one of the framing.
    const bool framing = kind == FailureKind::protocol && fetched.error().what == FailureKind::transient;
    EXPECT_TRUE(fetched.error().what == kind || framing) << fault << ": " << fetched.error().message;
    EXPECT_THAT(fetched.error().message, ::testing::Not(::testing::HasSubstr("sekret"))) << fault;
  }
  proxy.set(R"({"fault": "status", "status": 404})");
  const auto missed = store.get("key", sink);
  ASSERT_TRUE(missed);
  EXPECT_FALSE(*missed);
  for (const auto& [status, kind] :
       std::vector<std::pair<std::string, FailureKind>>{{"403", FailureKind::unauthorised},
                                                        {"412", FailureKind::conflict},
                                                        {"413", FailureKind::too_large}}) {
    proxy.set(R"({"fault": "status", "status": )" + status + "}");
    const auto stored = put();
    ASSERT_FALSE(stored) << status;
    EXPECT_EQ(stored.error().what, kind) << status;
  }
}

}  // namespace
}  // namespace stillage::test
