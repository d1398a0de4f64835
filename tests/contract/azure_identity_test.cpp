// SPDX-License-Identifier: MIT
// Tokens all the way: a credential of the environment, a login service over TLS, and Azurite, which takes no
// key.
#include <gmock/gmock.h>

#include <thread>

#include "blob/azure_identity.h"
#include "blob/azure_store.h"
#include "support/azurite.h"
#include "support/token_server.h"

namespace stillage::test {
namespace {

using blob::FailureKind;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AzureIdentityFlow : public ::testing::Test {
 protected:
  std::shared_ptr<blob::BlobStore> open(std::string_view secret = TokenServer::kSecret) {
    blob::AzureAccount account{.endpoint = azurite_.account().endpoint, .name = azurite_.account().name};
    const auto tokens =
        blob::azure_tokens("", blob::Variables(login_.environment(secret)), azurite_.client());
    EXPECT_TRUE(tokens) << tokens.error().message;
    account.tokens = *tokens;
    return std::make_shared<blob::AzureStore>(
        azurite_.client(), blob::AzureStoreOptions{
                               .account = account, .container = azurite_.container(), .single_put = 100'000});
  }
  static blob::Outcome<blob::PutOutcome> put(blob::BlobStore& store, const std::string& key,
                                             const std::string& bytes) {
    net::MemorySource source(bytes);
    return store.put(key, source);
  }

  Azurite azurite_{AzuriteTls::on};
  TokenServer login_{azurite_.certificates()};
};

TEST_F(AzureIdentityFlow, OneTokenServesManyThreads) {
  const auto store = open();
  std::vector<std::thread> threads;
  std::atomic<int> stored = 0;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] { stored += put(*store, "key" + std::to_string(i), "bytes").has_value(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, 16);
  net::MemorySink sink(100);
  EXPECT_TRUE(*store->get("key7", sink));
  EXPECT_EQ(sink.bytes(), "bytes");
  EXPECT_EQ(login_.count(), 1);
}

TEST_F(AzureIdentityFlow, AnExpiredTokenIsRenewedOnceAndAllGoesOn) {
  login_.set(R"({"expired": 1})");
  const auto store = open();
  const auto stored = put(*store, "key", std::string(300'000, 'x'));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(login_.count(), 2);
  net::MemorySink sink(1 << 20);
  EXPECT_TRUE(*store->get("key", sink));
  EXPECT_EQ(sink.bytes().size(), 300'000U);
  EXPECT_EQ(login_.count(), 2);
}

TEST_F(AzureIdentityFlow, TokensThatNeverDoAreNotAskedForAgainAndAgain) {
  login_.set(R"({"expired": 100})");
  const auto store = open();
  for (int i = 0; i < 5; ++i) {
    const auto stored = put(*store, "key", "bytes");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().what, FailureKind::unauthorised) << stored.error().message;
  }
  EXPECT_EQ(login_.count(), 2);
}

TEST_F(AzureIdentityFlow, ABusyLoginServiceIsAskedAgain) {
  login_.set(R"({"status": 503, "times": 1})");
  const auto busy = open();
  EXPECT_TRUE(put(*busy, "key", "bytes"));
  login_.set(R"({"status": 429, "times": 1})");
  EXPECT_TRUE(put(*open(), "key", "bytes"));
  EXPECT_EQ(login_.count(), 4);
}

TEST_F(AzureIdentityFlow, AWrongSecretIsToldAndNotShown) {
  const auto store = open("wr0ng-s3cret");
  const auto stored = put(*store, "key", "bytes");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::unauthorised);
  EXPECT_THAT(stored.error().message, AllOf(HasSubstr("answers 401"), HasSubstr("AADSTS7000215"),
                                            HasSubstr("environment"), Not(HasSubstr("wr0ng"))));
  // Whoever asks next is told the same, without another question.
  EXPECT_FALSE(put(*store, "key", "bytes"));
  EXPECT_EQ(login_.count(), 1);
}

}  // namespace
}  // namespace stillage::test
