// SPDX-License-Identifier: MIT
// What is said to S3 and what its answers mean; the rest is in tests/contract.
#include "blob/s3_store.h"

#include <gmock/gmock.h>

#include <mutex>

#include "support/scripted_server.h"

namespace stillage::blob {
namespace {

using test::Connection;
using test::http_answer;
using test::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class S3 : public ::testing::Test {
 protected:
  /// A server that notes each request's head, and answers as `answer` says.
  std::unique_ptr<ScriptedServer> serve(std::function<std::string(const std::string& head)> answer) {
    return std::make_unique<ScriptedServer>([this, answer = std::move(answer)](Connection& c) {
      for (std::string head; !(head = c.read_head()).empty();) {
        const std::size_t field = head.find("Content-Length: ");
        if (field != std::string::npos) c.read_body(std::stoul(head.substr(field + 16)));
        {
          const std::lock_guard lock(mutex_);
          heads_.push_back(head);
        }
        c.send(answer(head));
      }
    });
  }
  std::shared_ptr<BlobStore> store(const ScriptedServer& server,
                                   S3Addressing addressing = S3Addressing::path) {
    S3StoreOptions options{.endpoint = *net::Url::parse("http://localhost:" + std::to_string(server.port())),
                           .bucket = "team-cache",
                           .region = "eu-central-1",
                           .credentials = [](std::stop_token) -> Outcome<AwsCredentials> {
                             return AwsCredentials{"AKIAEXAMPLE", "sekret-key", "session-sekret"};
                           },
                           .addressing = addressing};
    options.conditional_puts = true;
    options.put_headers = {{"x-amz-server-side-encryption", "aws:kms", false}};
    options.single_put = options.upload.size = 10;
    options.upload.at_once = 1;
    options.part_retry.first_backoff = std::chrono::milliseconds(1);
    return *S3Store::open(std::make_shared<net::HttpClient>(), options);
  }
  static Outcome<PutOutcome> put(BlobStore& store, std::string_view bytes, PutMode mode = PutMode::replace) {
    net::MemorySource source(bytes);
    return store.put("key", source, {.mode = mode, .metadata = {}});
  }
  /// "PUT /team-cache/key?partNumber=1&uploadId=u" of each request.
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const std::string& head : heads_) lines.push_back(head.substr(0, head.find(" HTTP/")));
    return lines;
  }

  std::mutex mutex_;
  std::vector<std::string> heads_;
  net::MemorySink sink_{1000};
};

std::string error(int status, const std::string& code) {
  return http_answer(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
}

TEST_F(S3, SignsAndNamesTheBucketEitherWay) {
  const auto server = serve([](const std::string&) { return http_answer(200, ""); });
  ASSERT_TRUE(put(*store(*server), "bytes"));
  EXPECT_THAT(heads_[0], StartsWith("PUT /team-cache/key HTTP/1.1\r\n"));
  EXPECT_THAT(heads_[0], HasSubstr("Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"));
  EXPECT_THAT(heads_[0], HasSubstr("X-Amz-Security-Token: session-sekret\r\n"));
  EXPECT_THAT(heads_[0], HasSubstr("x-amz-server-side-encryption: aws:kms\r\n"));
  ASSERT_TRUE(put(*store(*server, S3Addressing::virtual_host), "bytes"));
  EXPECT_THAT(heads_[1], StartsWith("PUT /key HTTP/1.1\r\nHost: team-cache.localhost:"));
}

TEST_F(S3, ABucketThatIsNoNameIsRefused) {
  for (const char* const bucket : {"", "a/b", "a?b", "a b"}) {
    S3StoreOptions options{
        .endpoint = *net::Url::parse("http://localhost"), .bucket = bucket, .region = "r", .credentials = {}};
    EXPECT_FALSE(S3Store::open(nullptr, options)) << bucket;
  }
}

TEST_F(S3, LargeBlobsGoInParts) {
  const auto server = serve([](const std::string& head) {
    if (head.find("?uploads") != std::string::npos)
      return http_answer(200, "<R><UploadId>u+1</UploadId></R>");
    if (head.find("partNumber") != std::string::npos) return http_answer(200, "", "ETag: \"e\"\r\n");
    return http_answer(200, "<CompleteMultipartUploadResult/>");
  });
  ASSERT_TRUE(put(*store(*server), "0123456789abc"));
  EXPECT_THAT(
      requests(),
      ElementsAre("POST /team-cache/key?uploads=", "PUT /team-cache/key?partNumber=1&uploadId=u%2B1",
                  "PUT /team-cache/key?partNumber=2&uploadId=u%2B1", "POST /team-cache/key?uploadId=u%2B1"));
}

TEST_F(S3, AnUploadThatFailsIsAborted) {
  const auto server = serve([](const std::string& head) {
    if (head.find("?uploads") != std::string::npos) return http_answer(200, "<R><UploadId>u</UploadId></R>");
    if (head.find("partNumber=2") != std::string::npos) return error(403, "AccessDenied");
    return http_answer(head.starts_with("DELETE") ? 204 : 200, "");
  });
  const auto failed = put(*store(*server), "0123456789abc");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, FailureKind::unauthorised);
  EXPECT_EQ(requests().back(), "DELETE /team-cache/key?uploadId=u");
}

TEST_F(S3, AFailureInTheBodyOfASuccessIsAFailure) {
  const auto server = serve([](const std::string& head) {
    if (head.find("?uploads") != std::string::npos) return http_answer(200, "<R><UploadId>u</UploadId></R>");
    if (head.starts_with("POST")) return error(200, "InternalError");
    return http_answer(200, "");
  });
  const auto failed = put(*store(*server), "0123456789abc");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, FailureKind::transient);
  EXPECT_EQ(requests().back(), "DELETE /team-cache/key?uploadId=u");
}

TEST_F(S3, TheFirstWriterWins) {
  int status = 412;
  const auto server = serve([&status](const std::string&) { return error(status, "PreconditionFailed"); });
  const auto opened = store(*server);
  EXPECT_EQ(*put(*opened, "bytes", PutMode::if_absent), PutOutcome::already_there);
  EXPECT_THAT(heads_[0], HasSubstr("If-None-Match: *\r\n"));
  status = 409;
  EXPECT_EQ(put(*opened, "bytes", PutMode::if_absent).error().what, FailureKind::transient);
}

TEST_F(S3, AnswersMeanWhatTheyMean) {
  std::string answer;
  const auto server = serve([&answer](const std::string&) { return answer; });
  const auto opened = store(*server);
  answer = error(404, "NoSuchKey");
  EXPECT_FALSE(*opened->get("key", sink_));
  const auto kind_of = [&](int status, const std::string& code, const std::string& words) {
    answer = error(status, code);
    const auto got = opened->get("key", sink_);
    EXPECT_FALSE(got) << code;
    if (got) return FailureKind::local;
    EXPECT_THAT(got.error().message, HasSubstr(words));
    EXPECT_THAT(got.error().message, Not(HasSubstr("sekret")));
    return got.error().what;
  };
  EXPECT_EQ(kind_of(404, "NoSuchBucket", "make the bucket \"team-cache\" first"), FailureKind::not_found);
  EXPECT_EQ(kind_of(403, "RequestTimeTooSkewed", "clock"), FailureKind::unauthorised);
  EXPECT_EQ(kind_of(400, "ExpiredToken", "ExpiredToken"), FailureKind::unauthorised);
  EXPECT_EQ(kind_of(301, "PermanentRedirect", "in the region eu-central-1?"), FailureKind::protocol);
  EXPECT_EQ(kind_of(503, "SlowDown", "SlowDown"), FailureKind::transient);
}

// An answer to HEAD has no body that could say so.
TEST_F(S3, CredentialsThatHaveExpiredAreAskedForOnceMore) {
  const auto server = serve([](const std::string& head) {
    if (head.find("Security-Token: old") == std::string::npos) return http_answer(200, "");
    return head.starts_with("HEAD") ? std::string("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
                                    : error(400, "ExpiredToken");
  });
  std::string token = "old";
  int refusals = 0;
  S3StoreOptions options{.endpoint = *net::Url::parse(server->url()),
                         .bucket = "team-cache",
                         .region = "eu-central-1",
                         .credentials = [&token](std::stop_token) -> Outcome<AwsCredentials> {
                           return AwsCredentials{"AKIAEXAMPLE", "sekret-key", token};
                         },
                         .addressing = S3Addressing::path};
  options.credentials_refused = [&](const AwsCredentials& credentials) {
    EXPECT_EQ(credentials.session_token, "old");
    token = "new";
    ++refusals;
    return true;
  };
  const auto opened = *S3Store::open(std::make_shared<net::HttpClient>(), options);
  EXPECT_TRUE(*opened->contains("key", {}));
  token = "old";
  EXPECT_TRUE(put(*opened, "bytes"));
  EXPECT_EQ(refusals, 2);
  // Where there are no others, the failure stands.
  token = "old";
  options.credentials_refused = [](const AwsCredentials&) { return false; };
  EXPECT_FALSE((*S3Store::open(std::make_shared<net::HttpClient>(), options))->contains("key", {}));
}

}  // namespace
}  // namespace stillage::blob
