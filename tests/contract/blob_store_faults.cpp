// SPDX-License-Identifier: MIT
#include "contract/blob_store_faults.h"

#include "blob/prefix_store.h"
#include "contract/is_hit.h"
#include "support/in_time.h"
#include "support/patient.h"

namespace stillage::test {

using blob::FailureKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

/// The same deadlines for all stores, short enough to try many faults.
constexpr net::HttpDeadlines kDeadlines{.connect = milliseconds(400),
                                        .stall = milliseconds(400),
                                        .answer = milliseconds(600),
                                        .slow_window = milliseconds(800),
                                        .slow_bytes = 100'000};
/// Those for what ends without waiting, and for what is slow: a busy machine's server does not exceed them.
constexpr net::HttpDeadlines kRoomy{.connect = milliseconds(4000),
                                    .stall = milliseconds(4000),
                                    .answer = milliseconds(6000),
                                    .slow_window = milliseconds(8000),
                                    .slow_bytes = 100'000};
/// None of the former may be exceeded by much, also where parts of a blob fail one after the other.
constexpr milliseconds kInTime = in_time(milliseconds(3000));

std::string status(int code, const std::string& more = "") {
  return R"({"fault": "status", "status": )" + std::to_string(code) + more + "}";
}

const std::string kWebPage =
    status(200, R"(, "headers": {"Content-Type": "text/html"}, "body": "<html>Please log in</html>")");
const std::string kRedirect = status(302, R"(, "headers": {"Location": "http://other.invalid/key"})");

}  // namespace

BlobStoreFaults::BlobStoreFaults()
    : place_(GetParam().make_place()), proxy_(place_->port(), place_->level()) {
  begin(open(place_->port(), kPatient));
  remake(kDeadlines);
}

std::shared_ptr<blob::BlobStore> BlobStoreFaults::open(std::uint16_t port,
                                                       const net::HttpDeadlines& deadlines) {
  return *blob::PrefixStore::open(place_->open(port, deadlines), folder_);
}

void BlobStoreFaults::remake(const net::HttpDeadlines& deadlines) {
  deadlines_ = deadlines;
  remake();
}

void BlobStoreFaults::remake() {
  use(open(proxy_.port(), deadlines_));
}

void BlobStoreFaults::expect_no_secret(const std::string& text) {
  if (place_->secret().empty()) return;
  EXPECT_THAT(text, Not(HasSubstr(place_->secret())));
}

void BlobStoreFaults::expect_fetch_failure(const std::string& fault, std::optional<FailureKind> kind) {
  remake();
  proxy_.set(fault);
  const auto fetched = fetch(*bare_);
  ASSERT_FALSE(fetched) << fault;
  EXPECT_EQ(fetched.error().what, kind.value_or(fetched.error().what))
      << fault << ": " << fetched.error().message;
  expect_no_secret(fetched.error().message);
  EXPECT_LT(took_, kInTime) << fault;
  expect_nothing_half_done(fault);
}

void BlobStoreFaults::expect_put_failure(const std::string& fault, FailureKind kind) {
  remake();
  proxy_.set(fault);
  const auto stored = put(*bare_);
  ASSERT_FALSE(stored) << fault;
  EXPECT_EQ(stored.error().what, kind) << fault << ": " << stored.error().message;
  expect_no_secret(stored.error().message);
  EXPECT_LT(took_, kInTime) << fault;
  expect_nothing_half_done(fault);
}

void BlobStoreFaults::expect_failures(const std::string& fault, FailureKind kind) {
  expect_fetch_failure(fault, kind);
  expect_put_failure(fault, kind);
}

void BlobStoreFaults::expect_recovery(std::string fault, int times) {
  fault.insert(fault.size() - 1, R"(, "times": )" + std::to_string(times));
  remake();
  proxy_.set(fault);
  const auto fetched = fetch(*chain_);
  ASSERT_TRUE(is_hit(fetched)) << fault;
  EXPECT_EQ(take_fetched(), blob_) << fault;
  remake();
  proxy_.set(fault);
  const auto stored = put(*chain_, "recovered");
  ASSERT_TRUE(stored) << fault << ": " << stored.error().message;
  EXPECT_EQ(there("recovered"), blob_) << fault;
  EXPECT_THAT(log_.warnings(), IsEmpty()) << fault;
}

TEST_P(BlobStoreFaults, TheLineIsBroken) {
  ASSERT_TRUE(is_hit(fetch(*chain_)));
  EXPECT_EQ(take_fetched(), blob_);
  expect_failures(R"({"fault": "refuse"})", FailureKind::transient);
  EXPECT_LT(took_, in_time(milliseconds(1500)));
  expect_failures(R"({"fault": "unroutable"})", FailureKind::transient);
  EXPECT_GE(took_, milliseconds(350));
  for (const char* const fault :
       {R"({"fault": "silent"})", R"({"fault": "drop"})", R"({"fault": "reset"})"}) {
    expect_failures(fault, FailureKind::transient);
    expect_recovery(fault, 1);
  }
  for (const std::string kind : {"stall", "truncate"})
    for (const std::string at : {"0", "10", "100000"}) {
      // A status line that is cut off may be taken for one that makes no sense.
      const bool is_vague = kind == "truncate" && at == "10" && is_http();
      expect_fetch_failure(R"({"fault": ")" + kind + R"(", "at": )" + at + "}",
                           is_vague ? std::nullopt : std::optional(FailureKind::transient));
    }
  expect_fetch_failure(R"({"fault": "trickle", "bytes": 500, "seconds": 0.05})", FailureKind::transient);
}

TEST_P(BlobStoreFaults, WhatIsSlowButNotTooSlowIsWaitedFor) {
  remake(kRoomy);
  proxy_.set(R"({"fault": "trickle", "bytes": 30000, "seconds": 0.05})");
  EXPECT_TRUE(is_hit(fetch(*bare_)));
  remake();
  proxy_.set(R"({"fault": "delay", "seconds": 0.5})");
  EXPECT_TRUE(is_hit(fetch(*bare_)));
  EXPECT_TRUE(put(*bare_));
  EXPECT_EQ(there("new"), blob_);
  if (!is_http()) return;
  // As long as the server asks for.
  proxy_.set(status(429, R"(, "headers": {"Retry-After": "1"}, "times": 1)"));
  ASSERT_TRUE(is_hit(fetch(*chain_)));
  EXPECT_GE(took_, milliseconds(1000));
  EXPECT_LT(took_, in_time(milliseconds(2500)));
}

TEST_P(BlobStoreFaults, TheServerIsBroken) {
  if (!is_http()) return;
  remake(kRoomy);
  if (place_->announces_length()) {
    // More than there is: cut off. Less: a blob that is too short, for the entry's checksum, or found out.
    expect_fetch_failure(R"({"fault": "length", "by": 100})", FailureKind::transient);
    proxy_.set(R"({"fault": "length", "by": -100})");
    const auto less = fetch(*bare_);
    const auto made = take_fetched();
    EXPECT_TRUE(less ? made && made->size() < kSize : !made);
  }
  // No store has a checksum of its own: what is behind one must have it, as our entries do.
  proxy_.set(R"({"fault": "flip", "at": 1234})");
  ASSERT_TRUE(is_hit(fetch(*bare_)));
  const auto flipped = take_fetched();
  ASSERT_TRUE(flipped);
  EXPECT_EQ(flipped->size(), blob_.size());
  EXPECT_NE(*flipped, blob_);

  expect_failures(status(401, R"(, "body": "expired: )" + place_->secret() + "\""),
                  FailureKind::unauthorised);
  expect_failures(status(403), FailureKind::unauthorised);
  expect_fetch_failure(status(409), FailureKind::conflict);
  expect_failures(kWebPage, FailureKind::protocol);
  expect_failures(kRedirect, FailureKind::protocol);
  for (const int code : {429, 500, 503}) expect_failures(status(code), FailureKind::transient);
  for (const int code : {429, 500, 502, 503, 504}) expect_recovery(status(code), 2);
  proxy_.set(status(404));
  EXPECT_FALSE(put(*bare_));
  const auto missed = fetch(*chain_);
  EXPECT_TRUE(missed ? !*missed : missed.error().what == FailureKind::not_found);

  remake(kDeadlines);
  // Much more than fits into the buffers of the sockets between us.
  const std::string much(32 << 20, 'x');
  net::MemorySource source(much);
  proxy_.set(R"({"fault": "stall", "of": "request", "at": 1000})");
  const auto began = std::chrono::steady_clock::now();
  const auto failed = bare_->put("new", source);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, FailureKind::transient);
  EXPECT_LT(std::chrono::steady_clock::now() - began, kInTime);
  expect_nothing_half_done("a request that is not taken");
}

// What a build meets: whatever the fault, one warning, and soon no more requests.
TEST_P(BlobStoreFaults, EveryFaultThatStaysIsToldOnceAndSoonLeftAlone) {
  std::vector<std::string> faults{R"({"fault": "refuse"})",
                                  R"({"fault": "unroutable"})",
                                  R"({"fault": "silent"})",
                                  R"({"fault": "drop"})",
                                  R"({"fault": "reset"})",
                                  R"({"fault": "stall", "at": 100000})",
                                  R"({"fault": "truncate", "at": 100000})"};
  if (is_http())
    faults.insert(faults.end(),
                  {status(401), status(403), status(429), status(500), status(503), kWebPage, kRedirect});
  for (const std::string& fault : faults) {
    remake();
    proxy_.set(fault);
    expect_no_secret(expect_left_alone(fault, ":" + std::to_string(proxy_.port()), 50, milliseconds(5000)));
    expect_nothing_half_done(fault);
    const int before = proxy_.count();
    EXPECT_FALSE(put(*chain_)) << fault;
    // What may not be read may still be written to.
    const bool may_ask = fault == status(401) || fault == status(403);
    EXPECT_TRUE(may_ask || proxy_.count() == before) << fault;
  }
}

}  // namespace stillage::test
