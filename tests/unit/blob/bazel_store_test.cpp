// SPDX-License-Identifier: MIT
#include "blob/bazel_store.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/digest.h"
#include "base/hex.h"
#include "blob/bazel_action.h"
#include "blob/http_store.h"
#include "support/memory_store.h"
#include "support/nginx.h"

namespace stillage::blob {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kCasHash = base::to_hex(base::sha256("bytes"));
const std::string kAction = "ac/" + base::to_hex(base::sha256("zone/key"));

class Bazel : public ::testing::Test {
 protected:
  Outcome<PutOutcome> put(const std::string& key, std::string_view bytes) {
    net::MemorySource source(bytes);
    return static_cast<BlobStore&>(store_).put(key, source);
  }
  void put_inside(const std::string& key, std::string_view bytes) {
    net::MemorySource source(bytes);
    ASSERT_TRUE(inner_->put(key, source, {}, {}));
  }
  Outcome<std::optional<BlobInfo>> get() { return static_cast<BlobStore&>(store_).get("zone/key", sink_); }

  std::shared_ptr<BlobStore> inner_ = std::make_shared<test::MemoryStore>();
  BazelStore store_{inner_};
  net::MemorySink sink_{1000};
};

TEST(BazelAction, IsWhatProtobufMakesOfIt) {
  // As `protoc --encode` writes it.
  const CasDigest digest{.hash = kCasHash, .size = 300};
  const std::string bytes = encode_action_result(digest);
  EXPECT_EQ(bytes,
            "\x12\x4d\x0a\x04"
            "blob\x12\x45\x0a\x40" +
                kCasHash + "\x10\xac\x02");
  EXPECT_EQ(*parse_action_result(bytes), digest);
  const CasDigest empty{.hash = kCasHash, .size = 0};
  EXPECT_EQ(*parse_action_result(encode_action_result(empty)), empty);
}

TEST(BazelAction, UnknownFieldsArePassedOver) {
  const std::string known = encode_action_result({.hash = kCasHash, .size = 5});
  // exit_code = 1, a fixed64, a fixed32, stdout_raw.
  const std::string more =
      "\x20\x01\x39"
      "12345678"
      "\x45"
      "1234"
      "\x2a\x02hi";
  EXPECT_EQ(parse_action_result(more + known + more)->size, 5U);
}

TEST(BazelAction, NonsenseIsRefused) {
  const std::string good = encode_action_result({.hash = kCasHash, .size = 5});
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(parse_action_result(good.substr(0, i))) << i;
  EXPECT_FALSE(parse_action_result(good + "\xff"));
  EXPECT_FALSE(parse_action_result(good + "\x0b"));  // a group
  EXPECT_FALSE(parse_action_result(good + std::string(1, '\0')));
  EXPECT_FALSE(parse_action_result(std::string(20, '\xff')));
  EXPECT_FALSE(parse_action_result("<html>"));
  EXPECT_FALSE(parse_action_result(encode_action_result({.hash = "../../etc/passwd", .size = 5})));
  EXPECT_FALSE(parse_action_result(encode_action_result({.hash = kCasHash, .size = UINT64_MAX})));
}

TEST_F(Bazel, ContentsLieUnderTheirDigest) {
  ASSERT_TRUE(put("zone/key", "bytes"));
  EXPECT_TRUE(*inner_->contains("cas/" + kCasHash, {}));
  EXPECT_TRUE(*inner_->contains(kAction, {}));
  ASSERT_TRUE(*get());
  EXPECT_EQ(sink_.bytes(), "bytes");
}

TEST_F(Bazel, AContentThatIsGoneIsAMiss) {
  ASSERT_TRUE(put("zone/key", "bytes"));
  ASSERT_TRUE(inner_->remove("cas/" + kCasHash, {}));
  const auto found = get();
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  EXPECT_FALSE(*static_cast<BlobStore&>(store_).contains("zone/key"));
}

TEST_F(Bazel, AnotherContentIsNeverTaken) {
  ASSERT_TRUE(put("zone/key", "bytes"));
  for (const char* const other : {"bytez", "byte", "bytes and more", ""}) {
    put_inside("cas/" + kCasHash, other);
    const auto found = get();
    ASSERT_FALSE(found) << other;
    EXPECT_EQ(found.error().what, FailureKind::protocol) << other;
    EXPECT_THAT(found.error().message, HasSubstr(kCasHash));
  }
  put_inside(kAction, "no such message");
  EXPECT_EQ(get().error().what, FailureKind::protocol);
}

TEST(BazelHttp, AMissIsOneRequest) {
  const test::Nginx nginx;
  BazelStore store(std::make_shared<HttpStore>(std::make_shared<net::HttpClient>(),
                                               HttpStoreOptions{.url = *net::Url::parse(nginx.url())}));
  net::MemorySink sink(1000);
  EXPECT_FALSE(*static_cast<BlobStore&>(store).get("zone/key", sink));
  const std::string log = nginx.access_log(1);
  EXPECT_THAT(log, StartsWith("GET /" + kAction + " HTTP/1.1 404 "));
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

}  // namespace
}  // namespace stillage::blob
