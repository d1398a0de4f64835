// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "config/store_table.h"
#include "support/answering_server.h"
#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using test::AnsweringServer;
using test::http_answer;
using test::HttpAsked;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class S3Provider : public ::testing::Test {
 protected:
  using Options = std::map<std::string, std::string>;

  Result<std::shared_ptr<blob::BlobStore>> open(Options options) {
    const run::Environment environment(variables_);
    CacheStorageConfig storage{.provider = "s3", .options = std::move(options)};
    return open_blob_store(storage, {.root = dir_.path(), .environment = environment});
  }
  /// Its name, or what is wrong with the options.
  std::string opened(const Options& options) {
    const auto store = open(options);
    return store ? (*store)->name() : store.error().message;
  }
  /// The head of the request that puts a blob.
  std::string put(const Options& options) {
    const auto store = open(options);
    if (!store) return store.error().message;
    net::MemorySource source("bytes");
    const auto stored = (*store)->put("key", source, {}, {});
    EXPECT_TRUE(stored) << stored.error().message;
    const auto asked = server_.asked();
    return asked.empty() ? "" : asked.back().head;
  }

  test::TempDir dir_;
  AnsweringServer server_{[](const HttpAsked&) { return http_answer(200, ""); }};
  std::vector<std::string> variables_{"HOME=" + dir_.path()};
};

TEST_F(S3Provider, ABucketOfAmazonNeedsARegionAndNothingElse) {
  EXPECT_THAT(opened({{"bucket", "cache"}}),
              AllOf(StartsWith("cacheStorageConfig.options.region (s3)"), HasSubstr("AWS_REGION")));
  EXPECT_EQ(opened({{"bucket", "cache"}, {"region", "eu-central-1"}}),
            "the S3 bucket https://cache.s3.eu-central-1.amazonaws.com/");
  variables_.emplace_back("AWS_REGION=cn-north-1");
  EXPECT_EQ(opened({{"bucket", "cache"}}), "the S3 bucket https://cache.s3.cn-north-1.amazonaws.com.cn/");
  dir_.write(".aws/config", "[profile ci]\nregion = us-west-2\n");
  variables_.pop_back();
  EXPECT_EQ(opened({{"bucket", "my.cache"}, {"profile", "ci"}}),
            "the S3 bucket https://s3.us-west-2.amazonaws.com/my.cache");
  EXPECT_TRUE((*open({{"bucket", "cache"}, {"region", "r"}}))->traits().conditional);
  EXPECT_FALSE(
      (*open({{"bucket", "cache"}, {"region", "r"}, {"conditionalPuts", "false"}}))->traits().conditional);
}

TEST_F(S3Provider, AnEndpointOfOnesOwnIsAddressedByPath) {
  const auto store = open({{"bucket", "cache"}, {"endpoint", "http://minio:9000"}});
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->name(), "the S3 bucket http://minio:9000/cache");
  EXPECT_FALSE((*store)->traits().conditional);
  EXPECT_EQ(opened({{"bucket", "cache"}, {"endpoint", "http://minio:9000"}, {"forcePathStyle", "false"}}),
            "the S3 bucket http://cache.minio:9000/");
  variables_.insert(variables_.end(), {"AWS_ENDPOINT_URL=https://all", "AWS_ENDPOINT_URL_S3=https://own"});
  EXPECT_EQ(opened({{"bucket", "cache"}}), "the S3 bucket https://own/cache");
}

TEST_F(S3Provider, RequestsAreSignedWithTheKeysOfTheOptions) {
  const Options options{{"bucket", "cache"},
                        {"endpoint", server_.url()},
                        {"region", "eu-central-1"},
                        {"accessKeyId", "AKIA"},
                        {"secretAccessKey", "s3cret"},
                        {"sessionToken", "sess10n"},
                        {"serverSideEncryption", "aws:kms"},
                        {"sseKmsKeyId", "arn:aws:kms:k"}};
  // Those of the environment count only where there are none.
  variables_.insert(variables_.end(), {"AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=other"});
  EXPECT_THAT(put(options),
              AllOf(StartsWith("PUT /cache/key "), HasSubstr("Credential=AKIA/"),
                    HasSubstr("/eu-central-1/s3/"), HasSubstr("X-Amz-Security-Token: sess10n\r\n"),
                    HasSubstr("x-amz-server-side-encryption: aws:kms\r\n"),
                    HasSubstr("x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:k\r\n"),
                    Not(HasSubstr("s3cret"))));
  EXPECT_THAT(put({{"bucket", "cache"}, {"endpoint", server_.url()}}), HasSubstr("Credential=ENV/"));
}

TEST_F(S3Provider, AProfileComesBeforeTheEnvironmentsKeys) {
  variables_.insert(variables_.end(), {"AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=other"});
  dir_.write(".aws/credentials", "[ci]\naws_access_key_id = PROFILE\naws_secret_access_key = s\n");
  EXPECT_THAT(put({{"bucket", "cache"}, {"endpoint", server_.url()}, {"profile", "ci"}}),
              HasSubstr("Credential=PROFILE/"));
}

TEST_F(S3Provider, WrongOptionsAreNamedAndNotShown) {
  const Options good{{"bucket", "cache"}, {"region", "r"}};
  const auto with = [&](const Options& more) {
    Options all = more;
    all.insert(good.begin(), good.end());
    return opened(all);
  };
  EXPECT_THAT(opened({{"region", "r"}}), HasSubstr("bucket (s3) is missing"));
  EXPECT_THAT(with({{"bucket", "a/b"}}), HasSubstr("bucket (s3)"));
  EXPECT_THAT(with({{"region", "x.evil.example/"}}), HasSubstr("region (s3)"));
  EXPECT_THAT(with({{"accessKeyId", "hunter2"}}),
              AllOf(HasSubstr("secretAccessKey (s3) is missing"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(with({{"secretAccessKey", "hunter2"}}),
              AllOf(HasSubstr("accessKeyId (s3) is missing"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(with({{"sessionToken", "hunter2"}}), HasSubstr("sessionToken (s3)"));
  EXPECT_THAT(with({{"accessKeyId", "a"}, {"secretAccessKey", "hunter2\n"}}), Not(HasSubstr("hunter2")));
  EXPECT_THAT(with({{"accessKeyId", "a"}, {"secretAccessKey", "b"}, {"profile", "p"}}),
              HasSubstr("contradicts"));
  EXPECT_THAT(with({{"serverSideEncryption", "rot13"}}), HasSubstr("must be AES256, aws:kms"));
  EXPECT_THAT(with({{"sseKmsKeyId", "k"}}), HasSubstr("sseKmsKeyId (s3) is of no use"));
  EXPECT_THAT(with({{"endpoint", "redis://x"}}), HasSubstr("endpoint (s3)"));
  EXPECT_THAT(with({{"forcePathStyle", "yes"}}), HasSubstr("forcePathStyle (s3) must be true or false"));
  EXPECT_THAT(with({{"buckett", "x"}}), HasSubstr("is not known"));
}

// The service calls temporary credentials expired: one new set, and the build goes on.
TEST_F(S3Provider, ExpiredCredentialsAreRenewedOnce) {
  int refused = 0;
  AnsweringServer service([&refused](const HttpAsked& asked) {
    if (asked.line().starts_with("GET /container"))
      return http_answer(200, R"({"AccessKeyId":"A","SecretAccessKey":"S","Token":"t)" +
                                  std::to_string(refused) + R"(","Expiration":"2099-01-01T00:00:00Z"})");
    if (asked.head.find("Security-Token: t0\r\n") == std::string::npos) return http_answer(200, "");
    ++refused;
    return http_answer(400, "<Error><Code>ExpiredToken</Code></Error>");
  });
  variables_.push_back("AWS_CONTAINER_CREDENTIALS_FULL_URI=" + service.url() + "/container");
  const auto store = open({{"bucket", "cache"}, {"endpoint", service.url()}});
  ASSERT_TRUE(store) << store.error().message;
  for (int i = 0; i < 3; ++i) {
    net::MemorySource source("bytes");
    const auto stored = (*store)->put("key", source, {}, {});
    ASSERT_TRUE(stored) << stored.error().message;
  }
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(service.asked().size(), 6U);  // credentials, refusal, credentials, three puts
}

}  // namespace
}  // namespace stillage::config
