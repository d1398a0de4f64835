// SPDX-License-Identifier: MIT
// What is said to a server of Turborepo's protocol and what its answers mean; the rest is in tests/contract.
#include "blob/turbo_store.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support/scripted_server.h"
#include "support/turbo_server.h"

namespace stillage::blob {
namespace {

using test::Connection;
using test::http_answer;
using test::ScriptedServer;
using test::TurboServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// SHA-256 of "zone/key", and the tag that Python's hmac makes of it, the team "team_one" and "bytes".
const std::string kTurboHash = "50ac90456594b3dc6030670bc6b95c99d6cdd8b3377e199841c2d3614306a6bb";
const std::string kTag = "PaJMTQ7DMwqqu/bxWSjYkLsvD96yellj9crOLR5qNQs=";

std::unique_ptr<BlobStore> store(TurboStoreOptions options) {
  return std::make_unique<TurboStore>(std::make_shared<net::HttpClient>(), std::move(options));
}

class Turbo : public ::testing::Test {
 protected:
  TurboStoreOptions options(const std::string& url) const {
    TurboStoreOptions made{.url = *net::Url::parse(url)};
    made.token = "t0ken-of-turbo";
    made.team_id = "team_one";
    made.deadlines.stall = std::chrono::milliseconds(2000);
    return made;
  }
  Outcome<PutOutcome> put(BlobStore& store, std::string_view bytes) {
    net::MemorySource source(bytes);
    return store.put("zone/key", source);
  }
  /// What a get of signed artifacts comes to when the server answers so.
  Outcome<std::optional<BlobInfo>> get_signed(const std::string& answer,
                                              const std::string& key = "a signing key") {
    ScriptedServer server([&](Connection& c) {
      head_ = c.read_head();
      c.send(answer);
    });
    TurboStoreOptions with = options(server.url());
    with.signature_key = key;
    return store(with)->get("zone/key", sink_);
  }

  std::string head_;
  net::MemorySink sink_{1000};
};

TEST_F(Turbo, SpeaksAsTurborepoDoes) {
  std::string body;
  ScriptedServer server([&](Connection& c) {
    head_ = c.read_head();
    body = c.read_body(5);
    c.send(http_answer(202, R"({"urls":["x"]})"));
  });
  TurboStoreOptions with = options(server.url() + "/api/");
  with.team = "the team";
  with.signature_key = "a signing key";
  with.client_ci = "GITHUB_ACTIONS";
  const auto stored = put(*store(with), "bytes");
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(body, "bytes");
  EXPECT_THAT(head_, StartsWith("PUT /api/v8/artifacts/" + kTurboHash +
                                "?teamId=team_one&slug=the%20team HTTP/1.1\r\n"));
  for (const std::string field :
       {"Authorization: Bearer t0ken-of-turbo", "Content-Length: 5", "Content-Type: application/octet-stream",
        "x-artifact-duration: 0", "x-artifact-client-interactive: 0", "x-artifact-client-ci: GITHUB_ACTIONS"})
    EXPECT_THAT(head_, HasSubstr("\r\n" + field + "\r\n"));
  EXPECT_THAT(head_, HasSubstr("\r\nx-artifact-tag: " + kTag + "\r\n"));
}

TEST_F(Turbo, OnlyARightSignatureIsTaken) {
  const std::string right = "x-artifact-tag: " + kTag + "\r\n";
  const auto found = get_signed(http_answer(200, "bytes", right));
  ASSERT_TRUE(found && *found) << (found ? "a miss" : found.error().message);
  EXPECT_EQ(sink_.bytes(), "bytes");
  EXPECT_FALSE(*get_signed(http_answer(404, "")));

  const auto expect_refused = [&](const Outcome<std::optional<BlobInfo>>& outcome, const char* why) {
    ASSERT_FALSE(outcome) << why;
    EXPECT_EQ(outcome.error().what, FailureKind::protocol);
    EXPECT_THAT(outcome.error().message, HasSubstr(why));
  };
  expect_refused(get_signed(http_answer(200, "bytes")), "is not signed");
  expect_refused(get_signed(http_answer(200, "bytes", "x-artifact-tag: \r\n")), "is not signed");
  expect_refused(get_signed(http_answer(200, "bytes", "x-artifact-tag: bm90IGEgdGFn\r\n")), "is not signed");
  expect_refused(get_signed(http_answer(200, "bytez", right)), "signature is wrong");
  expect_refused(get_signed(http_answer(200, "bytes", right), "another key"), "signature is wrong");
}

TEST_F(Turbo, TagsGoThroughARealServer) {
  const TurboServer server("the server's word that it keeps tags");
  TurboStoreOptions with = options(server.url());
  with.token = TurboServer::token();
  with.signature_key = "a signing key";
  const auto ours = store(with);
  ASSERT_TRUE(put(*ours, "bytes"));
  ASSERT_TRUE(*ours->get("zone/key", sink_));
  with.signature_key = "another key";
  EXPECT_EQ(store(with)->get("zone/key", sink_).error().what, FailureKind::protocol);
  // Somebody who can write to the server's disk, but has no key.
  std::ofstream(server.files() + "/team_one/" + kTurboHash) << "bytez";
  EXPECT_EQ(ours->get("zone/key", sink_).error().what, FailureKind::protocol);
  // Nor may the artifact of another key, with its tag, stand in its place.
  net::MemorySource source("bytes");
  ASSERT_TRUE(ours->put("other", source));
  for (const char* const ending : {"", ".tag"}) {
    const std::string folder = server.files() + "/team_one/";
    std::filesystem::copy_file(folder + turbo_hash("other") + ending, folder + kTurboHash + ending,
                               std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_EQ(ours->get("zone/key", sink_).error().what, FailureKind::protocol);
  EXPECT_TRUE(*ours->get("other", sink_));

  TurboStore direct(std::make_shared<net::HttpClient>(), with);
  const auto status = direct.status();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(*status, "enabled");
  with.token = "wrong-token";
  EXPECT_EQ(store(with)->get("zone/key", sink_).error().what, FailureKind::unauthorised);
  with.token = TurboServer::token();
  with.team_id.clear();
  const auto nobody = store(with)->get("zone/key", sink_);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("team"));
}

TEST_F(Turbo, AMissIsOneRequest) {
  int requests = 0;
  ScriptedServer server([&](Connection& c) {
    while (!(head_ = c.read_head()).empty()) {
      ++requests;
      c.send(http_answer(404, ""));
    }
  });
  EXPECT_FALSE(*store(options(server.url()))->get("zone/key", sink_));
  EXPECT_EQ(requests, 1);
}

TEST_F(Turbo, SecretsAreInNoMessage) {
  const auto refused = get_signed(http_answer(403, "t0ken-of-turbo is not welcome"), "a signing key");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, FailureKind::unauthorised);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("t0ken")));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("signing")));
}

TEST_F(Turbo, AStatusIsAWordOrAFailure) {
  const auto status = [&](const std::string& answer) {
    ScriptedServer server([&](Connection& c) {
      head_ = c.read_head();
      c.send(answer);
    });
    return TurboStore(std::make_shared<net::HttpClient>(), options(server.url())).status();
  };
  EXPECT_EQ(*status(http_answer(200, R"({"status":"over_limit"})")), "over_limit");
  EXPECT_THAT(head_, StartsWith("GET /v8/artifacts/status?teamId=team_one HTTP/1.1\r\n"));
  for (const char* const body : {"", "<html>", "[]", R"({"status":1})", R"({"state":"enabled"})"})
    EXPECT_EQ(status(http_answer(200, body)).error().what, FailureKind::protocol) << body;
  EXPECT_EQ(status(http_answer(401, "")).error().what, FailureKind::unauthorised);
}

}  // namespace
}  // namespace stillage::blob
