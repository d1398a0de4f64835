// SPDX-License-Identifier: MIT
// An npm registry behind a line, or a proxy, that breaks: npm itself decides what it makes of that. Each call
// starts it, so that there are fewer of them than with other stores.
#include "blob/npm_store.h"

#include <fstream>

#include "contract/is_hit.h"
#include "contract/store_under_faults.h"
#include "support/fault_proxy.h"
#include "support/in_time.h"
#include "support/verdaccio.h"

namespace stillage::test {
namespace {

using blob::FailureKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

std::string status_fault(int code, const std::string& more = "") {
  return R"({"fault": "status", "status": )" + std::to_string(code) + more + "}";
}

class NpmFaults : public ::testing::Test, protected StoreUnderFaults {
 protected:
  NpmFaults() : proxy_(registry_.port()) {
    // npm knows who publishes by the registry's address: that of the proxy, too.
    npmrc_ = registry_.npmrc() + " for the proxy";
    std::ofstream(npmrc_) << "//127.0.0.1:" << proxy_.port() << "/:_authToken=" << registry_.token() << "\n";
    begin(std::make_shared<blob::NpmStore>(registry_.npm("@cache/faults")));
    remake();
  }
  void remake() {
    blob::NpmClientOptions options = registry_.npm("@cache/faults");
    options.registry = *net::Url::parse(proxy_.url() + "/");
    options.userconfig = npmrc_;
    options.idle_limit = milliseconds(1500);
    use(std::make_shared<blob::NpmStore>(options));
  }
  void expect_failure(const std::string& fault, const blob::Failure& failure, FailureKind kind) {
    EXPECT_EQ(failure.what, kind) << fault << ": " << failure.message;
    EXPECT_THAT(failure.message, HasSubstr(":" + std::to_string(proxy_.port()))) << fault;
    EXPECT_THAT(failure.message, Not(HasSubstr(registry_.token()))) << fault;
    // npm alone takes a second or several of them.
    EXPECT_LT(took_, in_time(milliseconds(30'000))) << fault;
  }

  const Verdaccio registry_;
  FaultProxy proxy_;
  std::string npmrc_;
};

TEST_F(NpmFaults, EachEndsAsTheFailureThatItIs) {
  ASSERT_TRUE(is_hit(fetch(*bare_)));
  EXPECT_EQ(take_fetched(), blob_);
  const std::string page = status_fault(
      200, R"(, "headers": {"Content-Type": "text/html"}, "body": "<html>Please log in</html>")");
  // The package's description is short: what is far behind is in the blob.
  const std::vector<std::pair<std::string, FailureKind>> faults{
      {R"({"fault": "refuse"})", FailureKind::transient},
      {R"({"fault": "silent"})", FailureKind::transient},
      {R"({"fault": "drop"})", FailureKind::transient},
      {R"({"fault": "stall", "at": 100000})", FailureKind::transient},
      {R"({"fault": "truncate", "at": 100000})", FailureKind::transient},
      {R"({"fault": "flip", "at": 100000})", FailureKind::protocol},
      {status_fault(401), FailureKind::unauthorised},
      {status_fault(403), FailureKind::unauthorised},
      {status_fault(429), FailureKind::transient},
      {status_fault(503), FailureKind::transient},
      // For npm it is an answer that has come to harm on its way.
      {page, FailureKind::transient}};
  for (const auto& [fault, kind] : faults) {
    proxy_.set(fault);
    const auto fetched = fetch(*bare_);
    ASSERT_FALSE(fetched) << fault;
    expect_failure(fault, fetched.error(), kind);
    EXPECT_FALSE(take_fetched()) << fault;
  }
  // An answer with a good status_fault is a success to who publishes, whatever else it is.
  for (const auto& [fault, kind] :
       std::vector<std::pair<std::string, FailureKind>>{{R"({"fault": "refuse"})", FailureKind::transient},
                                                        {status_fault(401), FailureKind::unauthorised},
                                                        {status_fault(503), FailureKind::transient}}) {
    proxy_.set(fault);
    const auto stored = put(*bare_);
    ASSERT_FALSE(stored) << fault;
    expect_failure(fault, stored.error(), kind);
  }
  proxy_.set(status_fault(404));
  const auto missed = fetch(*bare_);
  ASSERT_TRUE(missed) << missed.error().message;
  EXPECT_FALSE(*missed);
  expect_nothing_half_done("all of them");
  proxy_.set(R"({"fault": "none"})");
  EXPECT_TRUE(is_hit(fetch(*bare_)));
}

TEST_F(NpmFaults, EveryFaultThatStaysIsToldOnceAndSoonLeftAlone) {
  for (const std::string& fault : {std::string(R"({"fault": "refuse"})"), status_fault(401)}) {
    remake();
    proxy_.set(fault);
    const std::string told =
        expect_left_alone(fault, ":" + std::to_string(proxy_.port()), 20, milliseconds(60'000));
    EXPECT_THAT(told, Not(HasSubstr(registry_.token())));
    const int before = proxy_.count();
    EXPECT_FALSE(put(*chain_)) << fault;
    EXPECT_TRUE(fault == status_fault(401) || proxy_.count() == before) << fault;
    expect_nothing_half_done(fault);
  }
}

}  // namespace
}  // namespace stillage::test
