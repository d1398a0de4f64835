// SPDX-License-Identifier: MIT
// What can go wrong on the way to Azure, beside what HttpFaults has: in the parts of a large blob, and in the
// service's own answers.
#include <gmock/gmock.h>

#include "blob/azure_store.h"
#include "blob/retry_store.h"
#include "contract/is_hit.h"
#include "support/azurite.h"
#include "support/fault_proxy.h"
#include "support/in_time.h"

namespace stillage::test {
namespace {

using blob::BlobStore;
using blob::FailureKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

class AzureFaults : public ::testing::Test {
 protected:
  AzureFaults() : store_(open(azurite_.container())) {}

  std::shared_ptr<BlobStore> open(const std::string& container) {
    blob::AzureStoreOptions options{.account = azurite_.account(), .container = container};
    // The signature is over the path, not over the port.
    options.account.endpoint = *net::Url::parse(proxy_.url() + options.account.endpoint.path());
    options.single_put = 0;
    options.upload = {.size = 50'000, .at_once = 3};
    options.download = {.size = 50'000, .at_once = 3};
    options.part_retry.first_backoff = milliseconds(10);
    options.deadlines.stall = milliseconds(800);
    options.deadlines.answer = milliseconds(2000);
    return std::make_shared<blob::AzureStore>(azurite_.client(), options);
  }
  blob::Outcome<blob::PutOutcome> put(const std::string& bytes) {
    net::MemorySource source(bytes);
    return store_->put("key", source);
  }
  std::string get() {
    net::MemorySink sink(1 << 20);
    const auto found = store_->get("key", sink);
    EXPECT_TRUE(is_hit(found));
    return sink.bytes();
  }

  Azurite azurite_;
  FaultProxy proxy_{azurite_.port()};
  std::shared_ptr<BlobStore> store_;
  const std::string blob_ = std::string(400'000, 'x') + "end";
};

TEST_F(AzureFaults, PartsThatFailAreTriedAgainAlone) {
  for (const char* const fault : {R"({"fault": "status", "status": 503, "times": 3})",
                                  R"({"fault": "status", "status": 500, "times": 2})",
                                  R"({"fault": "reset", "times": 2})", R"({"fault": "drop", "times": 1})"}) {
    proxy_.set(fault);
    int before = proxy_.count();
    const auto stored = put(blob_);
    ASSERT_TRUE(stored) << fault << ": " << stored.error().message;
    // Nine parts and the list of them; those that failed; nothing else twice.
    EXPECT_LE(proxy_.count() - before, 13) << fault;
    EXPECT_EQ(get(), blob_);
  }
  proxy_.set(R"({"fault": "none"})");
  net::MemorySink sink(1 << 20);
  for (const int status : {500, 503}) {
    // The first range is the store's own request, for the decorator outside to try again.
    blob::RetryStore retrying(store_, blob::Retrier({.first_backoff = milliseconds(10)}));
    proxy_.set(R"({"fault": "status", "times": 3, "status": )" + std::to_string(status) + "}");
    ASSERT_TRUE(retrying.get("key", sink, {}));
    EXPECT_EQ(sink.bytes(), blob_);
  }
}

TEST_F(AzureFaults, APartThatIsCutOffIsTriedAgain) {
  ASSERT_TRUE(put(blob_));
  proxy_.set(R"({"fault": "truncate", "at": 20000, "times": 2})");
  blob::RetryStore retrying(store_, blob::Retrier({.first_backoff = milliseconds(10)}));
  net::MemorySink sink(1 << 20);
  ASSERT_TRUE(retrying.get("key", sink, {}));
  EXPECT_EQ(sink.bytes(), blob_);
}

TEST_F(AzureFaults, APartThatStallsEndsAllInTime) {
  ASSERT_TRUE(put("old"));
  for (const char* const fault : {R"({"fault": "silent"})", R"({"fault": "stall", "at": 10})"}) {
    proxy_.set(fault);
    const auto began = std::chrono::steady_clock::now();
    const auto stored = put(blob_);
    ASSERT_FALSE(stored) << fault;
    EXPECT_EQ(stored.error().what, FailureKind::transient) << stored.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - began, in_time(milliseconds(3500))) << fault;
    proxy_.set(R"({"fault": "none"})");
    EXPECT_EQ(get(), "old") << fault;
  }
}

TEST_F(AzureFaults, AWrongKeyIsSaidSoWithoutShowingIt) {
  blob::AzureStoreOptions options{.account = azurite_.account(), .container = azurite_.container()};
  options.account.key = "not the key";
  blob::AzureStore wrong(azurite_.client(), options);
  net::MemorySink sink(10);
  const auto found = wrong.get("key", sink, {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::unauthorised);
  EXPECT_THAT(found.error().message, HasSubstr("clock"));
  EXPECT_THAT(found.error().message, Not(HasSubstr("not the key")));
  EXPECT_THAT(found.error().message, Not(HasSubstr("SharedKey dev")));
}

TEST_F(AzureFaults, ASignatureIsInNoMessage) {
  blob::AzureStoreOptions options{.account = azurite_.account(), .container = azurite_.container()};
  options.account.key.clear();
  options.account.sas = "sv=2018-11-09&sig=AAAAsekretAAAAsekretAAAA%3D";
  blob::AzureStore wrong(azurite_.client(), options);
  net::MemorySink sink(10);
  const auto found = wrong.get("key", sink, {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::unauthorised) << found.error().message;
  EXPECT_THAT(found.error().message, Not(HasSubstr("sekret")));
  EXPECT_THAT(wrong.name(), Not(HasSubstr("sekret")));
}

TEST_F(AzureFaults, AContainerThatIsNotThereIsNoMiss) {
  const auto nowhere = open("nowhere");
  net::MemorySink sink(10);
  const auto found = nowhere->get("key", sink);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::not_found);
  EXPECT_THAT(found.error().message, HasSubstr("make the container \"nowhere\" first"));
  EXPECT_FALSE(nowhere->contains("key"));
  net::MemorySource source("bytes");
  EXPECT_FALSE(nowhere->put("key", source));
}

TEST_F(AzureFaults, ASharedAccessSignatureOpensEveryDoor) {
  auto account = blob::parse_connection_string("BlobEndpoint=" + azurite_.account().endpoint.to_string() +
                                               ";SharedAccessSignature=" + azurite_.sas());
  ASSERT_TRUE(account) << account.error().message;
  const std::shared_ptr<BlobStore> store = std::make_shared<blob::AzureStore>(
      azurite_.client(), blob::AzureStoreOptions{.account = *account,
                                                 .container = azurite_.container(),
                                                 .single_put = 1000,
                                                 .upload = {.size = 100'000, .at_once = 2}});
  for (const std::string& bytes : {std::string("small"), blob_}) {
    net::MemorySource source(bytes);
    const auto stored = store->put("key", source);
    ASSERT_TRUE(stored) << stored.error().message;
    net::MemorySink sink(1 << 20);
    ASSERT_TRUE(*store->get("key", sink));
    EXPECT_EQ(sink.bytes(), bytes);
  }
  int listed = 0;
  ASSERT_TRUE(store->list("", [&](const blob::ListedBlob&) -> blob::Outcome<void> {
    ++listed;
    return {};
  }));
  EXPECT_EQ(listed, 1);
  ASSERT_TRUE(store->remove("key"));
  EXPECT_FALSE(*store->contains("key"));
}

// A 404 that is not Azure's own says nothing of the blob.
TEST_F(AzureFaults, AForeignNotFoundIsNoMiss) {
  proxy_.set(
      R"({"fault": "status", "status": 404, "headers": {"Content-Type": "text/html"}, "body": "<html>"})");
  net::MemorySink sink(10);
  const auto found = store_->get("key", sink);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, FailureKind::not_found);
}

}  // namespace
}  // namespace stillage::test
