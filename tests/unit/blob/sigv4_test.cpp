// SPDX-License-Identifier: MIT
#include "blob/sigv4.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "base/digest.h"
#include "base/hex.h"
#include "base/json.h"
#include "os/command.h"
#include "os/talking_child.h"

namespace stillage::blob {
namespace {

using ::testing::HasSubstr;

class Random {
 public:
  explicit Random(std::uint32_t seed) : generator_(seed) {}
  std::size_t below(std::size_t bound) { return generator_() % bound; }
  std::string text(std::string_view alphabet, std::size_t longest) {
    std::string made;
    for (std::size_t i = below(longest + 1); i > 0; --i) made += alphabet[below(alphabet.size())];
    return made;
  }
  template <class T>
  T of(std::initializer_list<T> choices) {
    return *(choices.begin() + below(choices.size()));
  }

 private:
  std::mt19937 generator_;
};

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kAnything = "abzAZ09-._~ !\"#$%&'()*+,/:;<=>?@[]^`{|}\xc3\xa4";

/// A request as any of S3's could be.
net::HttpRequest random_request(Random& random) {
  std::string host = random.of<std::string>({"bucket.s3.eu-central-1.amazonaws.com", "127.0.0.1:9000",
                                             "minio:443", "s3.amazonaws.com:8443", "host"});
  net::Url url = *net::Url::parse(random.of<std::string>({"https://", "http://"}) + host);
  url = url.below(random.text(kLetters, 10) + "/" + random.text(kLetters, 40) + "." +
                  random.text("abc -_~", 5) + "x");
  for (std::size_t i = random.below(5); i > 0; --i)
    url = url.with_parameter(random.text(kLetters, 8) + "k", random.text(kAnything, 12));
  net::HttpRequest request(random.of<std::string>({"GET", "PUT", "HEAD", "DELETE", "POST"}), url);
  if (random.below(2) == 0) request.headers.add("Content-Type", "application/octet-stream");
  if (random.below(3) == 0) request.headers.add("If-None-Match", "*");
  if (random.below(3) == 0) request.headers.add("Range", "bytes=0-99");
  for (std::size_t i = random.below(4); i > 0; --i)
    request.headers.add("X-Amz-Meta-" + random.text(kLetters, 6) + std::to_string(i),
                        "v" + random.text("ab  ;=,/", 20) + "v");
  return request;
}

TEST(SigV4, RandomRequestsAreSignedAsBotocoreDoes) {
  const char* const chosen = std::getenv("STILLAGE_SEED");
  const std::uint32_t seed =
      chosen != nullptr ? static_cast<std::uint32_t>(std::stoul(chosen)) : std::random_device()();
  std::printf("500 requests, seed %u (STILLAGE_SEED=%u repeats them)\n", seed, seed);
  Random random(seed);
  // Debian's own Python, which has Debian's botocore.
  auto oracle =
      os::TalkingChild::start({.argv = {"/usr/bin/python3", "-B", TEST_SUPPORT_DIR "/sigv4_oracle.py"},
                               .environment = os::environment(),
                               .dir = {}});
  ASSERT_TRUE(oracle) << oracle.error().message;
  for (int i = 0; i < 500; ++i) {
    net::HttpRequest request = random_request(random);
    const AwsCredentials credentials{
        .access_key = "AKIA" + random.text(kLetters, 16),
        .secret_key = random.text(kLetters, 40) + "/+",
        .session_token = random.below(3) == 0 ? "t" + random.text(kLetters, 80) : ""};
    const std::string region = random.of<std::string>({"us-east-1", "eu-central-1", "auto"});
    const std::string payload = random.below(2) == 0 ? std::string(kUnsignedPayload)
                                                     : base::to_hex(base::sha256(random.text(kLetters, 9)));
    base::Json asked{{"method", request.method},
                     {"url", request.url.to_string()},
                     {"access_key", credentials.access_key},
                     {"secret_key", credentials.secret_key},
                     {"token", credentials.session_token},
                     {"region", region},
                     {"payload", payload},
                     {"headers", base::Json::array()}};
    for (const net::Header& field : request.headers.fields())
      asked["headers"].push_back({field.name, field.value});
    sign_v4(request, credentials, region, payload,
            std::chrono::system_clock::time_point(std::chrono::hours(i * 997)));
    asked["date"] = request.headers.get("X-Amz-Date");
    ASSERT_TRUE(oracle->ask(base::to_text(asked)));
    const auto answer = oracle->answer(std::chrono::seconds(60));
    ASSERT_TRUE(answer) << answer.error().message
                        << "; is python3-botocore installed? scripts/setup does that";
    ASSERT_EQ(request.headers.get("Authorization"), *answer) << base::to_text(asked);
  }
}

TEST(SigV4, SecretsAreMarkedSo) {
  net::HttpRequest request("GET", *net::Url::parse("https://bucket.s3.amazonaws.com/key"));
  sign_v4(request, {.access_key = "AKIA", .secret_key = "secret-key", .session_token = "session-token"},
          "us-east-1", kUnsignedPayload, std::chrono::system_clock::now());
  for (const net::Header& field : request.headers.fields())
    EXPECT_EQ(field.secret, field.name == "Authorization" || field.name == "X-Amz-Security-Token")
        << field.name;
  EXPECT_THAT(std::string(request.headers.get("Authorization")), ::testing::Not(HasSubstr("secret-key")));
}

}  // namespace
}  // namespace stillage::blob
