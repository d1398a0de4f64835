// SPDX-License-Identifier: MIT
// A server that checks who signs a request, and what they may do.
#include <gmock/gmock.h>

#include "blob/s3_store.h"
#include "support/s3_server.h"

namespace stillage::test {
namespace {

using blob::AwsCredentials;
using blob::BlobStore;
using blob::FailureKind;
using blob::Outcome;
using blob::PutMode;
using blob::PutOutcome;
using ::testing::HasSubstr;
using ::testing::Not;

class S3Identity : public ::testing::Test {
 protected:
  std::shared_ptr<BlobStore> open(const AwsCredentials& credentials, bool conditional = false) {
    blob::S3StoreOptions options{
        .endpoint = *net::Url::parse(server_.url()),
        .bucket = server_.bucket(),
        .region = S3Server::region(),
        .credentials = [credentials](std::stop_token) -> Outcome<AwsCredentials> { return credentials; },
        .addressing = blob::S3Addressing::path};
    options.conditional_puts = conditional;
    options.single_put = options.upload.size = options.download.size = 100'000;
    return *blob::S3Store::open(std::make_shared<net::HttpClient>(), options);
  }
  static Outcome<PutOutcome> put(BlobStore& store, const std::string& key, const std::string& bytes,
                                 PutMode mode = PutMode::replace) {
    net::MemorySource source(bytes);
    return store.put(key, source, {.mode = mode, .metadata = {}});
  }
  static Outcome<std::string> get(BlobStore& store, const std::string& key) {
    net::MemorySink sink(1 << 20);
    STILLAGE_ASSIGN(const auto found, store.get(key, sink));
    return found ? sink.bytes() : std::string("a miss");
  }

  const S3Server server_;
};

TEST_F(S3Identity, ReadersMayReadAndNoMore) {
  const auto writer = open(S3Server::credentials());
  ASSERT_TRUE(put(*writer, "key", std::string(300'000, 'x')));
  const auto reader = open(S3Server::readers_credentials());
  EXPECT_EQ(get(*reader, "key"), std::string(300'000, 'x'));
  EXPECT_EQ(get(*reader, "none"), "a miss");
  EXPECT_TRUE(*reader->contains("key"));
  for (const std::size_t size : {10, 300'000}) {
    const auto stored = put(*reader, "key", std::string(size, 'y'));
    ASSERT_FALSE(stored) << size;
    EXPECT_EQ(stored.error().what, FailureKind::unauthorised);
    EXPECT_THAT(stored.error().message, HasSubstr("AccessDenied"));
  }
  ASSERT_TRUE(put(*writer, "small", "bytes"));
  EXPECT_FALSE(reader->remove("small"));
  EXPECT_EQ(get(*writer, "small"), "bytes");
  EXPECT_EQ(get(*writer, "key"), std::string(300'000, 'x'));
}

TEST_F(S3Identity, AWrongKeyOpensNothingAndIsNotShown) {
  const AwsCredentials right = S3Server::credentials();
  for (const AwsCredentials& wrong : {AwsCredentials{right.access_key, "wr0ng-s3cret", ""},
                                      AwsCredentials{"nobody", right.secret_key, ""}}) {
    const auto store = open(wrong);
    const auto found = get(*store, "key");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().what, FailureKind::unauthorised);
    EXPECT_THAT(found.error().message, HasSubstr("SignatureDoesNotMatch"));
    EXPECT_THAT(found.error().message, Not(HasSubstr(wrong.secret_key)));
    EXPECT_FALSE(put(*store, "key", "bytes"));
    EXPECT_FALSE(store->contains("key"));
    EXPECT_FALSE(store->list("", [](const blob::ListedBlob&) -> Outcome<void> { return {}; }));
  }
}

TEST_F(S3Identity, AServerThatDoesNotKnowIfNoneMatchStoresNothing) {
  const auto store = open(S3Server::credentials(), true);
  const auto stored = put(*store, "key", "first", PutMode::if_absent);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::unsupported);
  EXPECT_EQ(get(*store, "key"), "a miss");
}

}  // namespace
}  // namespace stillage::test
