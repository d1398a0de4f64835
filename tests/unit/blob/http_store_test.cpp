// SPDX-License-Identifier: MIT
// What is said to the server and what its answers mean; the rest is in tests/contract.
#include "blob/http_store.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/nginx.h"
#include "support/scripted_server.h"

namespace stillage::blob {
namespace {

using test::Connection;
using test::http_answer;
using test::Nginx;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Http : public ::testing::Test {
 protected:
  static HttpStoreOptions options(const std::string& url) {
    HttpStoreOptions made{.url = *net::Url::parse(url)};
    made.deadlines.stall = std::chrono::milliseconds(2000);
    return made;
  }
  static std::unique_ptr<BlobStore> store(HttpStoreOptions with) {
    return std::make_unique<HttpStore>(std::make_shared<net::HttpClient>(), std::move(with));
  }
  /// What a get comes to when the server answers so.
  Outcome<std::optional<BlobInfo>> get_answered(std::string answer) {
    ScriptedServer server([answer](Connection& c) {
      c.read_head();
      c.send(answer);
    });
    return store(options(server.url()))->get("key", sink_);
  }
  static Outcome<PutOutcome> put(BlobStore& store, std::string_view bytes, PutMode mode = PutMode::replace) {
    net::MemorySource source(bytes);
    return store.put("zone/key", source, {.mode = mode, .metadata = {}});
  }
  Outcome<PutOutcome> put_answered(int status, PutMode mode) {
    ScriptedServer server([&](Connection& c) {
      head_ = c.read_head();
      c.read_body(5);
      c.send(http_answer(status, ""));
    });
    HttpStoreOptions with = options(server.url());
    with.conditional_puts = true;
    return put(*store(with), "bytes", mode);
  }

  std::string head_;
  net::MemorySink sink_{1000};
};

TEST_F(Http, SaysWhoAsks) {
  ScriptedServer server([this](Connection& c) {
    head_ = c.read_head();
    c.send(http_answer(404, ""));
  });
  HttpStoreOptions with = options(server.url() + "/base/");
  with.bearer_token = "t0ken";
  with.headers = {{"X-Team", "red", false}};
  EXPECT_FALSE(*store(with)->get("zone/key", sink_));
  EXPECT_THAT(head_, StartsWith("GET /base/zone/key HTTP/1.1\r\n"));
  EXPECT_THAT(head_, HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"));
  EXPECT_THAT(head_, HasSubstr("\r\nX-Team: red\r\n"));
}

TEST_F(Http, SecretsAreInNoMessage) {
  ScriptedServer server([](Connection& c) {
    c.read_head();
    c.send(http_answer(403, "t0ken and top-secret and hunter2 are wrong"));
  });
  HttpStoreOptions with = options("http://me:hunter2@127.0.0.1:" + std::to_string(server.port()));
  with.bearer_token = "t0ken";
  with.headers = {{"X-Key", "top-secret", false}};
  const auto made = store(with);
  const auto outcome = made->get("key", sink_);
  ASSERT_FALSE(outcome);
  for (const char* const secret : {"t0ken", "top-secret", "hunter2"}) {
    EXPECT_THAT(outcome.error().message, Not(HasSubstr(secret)));
    EXPECT_THAT(made->name(), Not(HasSubstr(secret)));
  }
}

TEST_F(Http, AMissIsOneRequest) {
  const Nginx nginx;
  EXPECT_FALSE(*store(options(nginx.url()))->get("key", sink_));
  const std::string log = nginx.access_log(1);
  EXPECT_THAT(log, StartsWith("GET /key HTTP/1.1 404 "));
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

TEST_F(Http, GoneIsAMissToo) {
  const auto outcome = get_answered(http_answer(410, ""));
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(*outcome);
}

TEST_F(Http, AWebPageIsNoBlob) {
  for (const char* const type : {"text/html", "Text/HTML; charset=utf-8"}) {
    const auto outcome = get_answered(
        http_answer(200, "<html>Please log in</html>", "Content-Type: " + std::string(type) + "\r\n"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().what, FailureKind::protocol);
    EXPECT_THAT(outcome.error().message, HasSubstr("web page"));
    EXPECT_EQ(sink_.bytes(), "");
  }
}

TEST_F(Http, OnlyAWholePlainAnswerIsABlob) {
  EXPECT_EQ(get_answered(http_answer(206, "part")).error().what, FailureKind::protocol);
  EXPECT_EQ(get_answered("HTTP/1.1 204 No Content\r\n\r\n").error().what, FailureKind::protocol);
  EXPECT_EQ(get_answered(http_answer(200, "zip", "Content-Encoding: gzip\r\n")).error().what,
            FailureKind::protocol);
  EXPECT_TRUE(*get_answered(http_answer(200, "blob", "Content-Encoding: identity\r\n")));
  EXPECT_EQ(sink_.bytes(), "blob");
}

TEST_F(Http, TheFirstWriterWinsWhereTheServerCanDoThat) {
  for (const int status : {409, 412}) {
    const auto outcome = put_answered(status, PutMode::if_absent);
    ASSERT_TRUE(outcome) << status;
    EXPECT_EQ(*outcome, PutOutcome::already_there);
    EXPECT_THAT(head_, HasSubstr("\r\nIf-None-Match: *\r\n"));
    EXPECT_EQ(put_answered(status, PutMode::replace).error().what, FailureKind::conflict);
    EXPECT_THAT(head_, Not(HasSubstr("If-None-Match")));
  }
  EXPECT_EQ(*put_answered(201, PutMode::if_absent), PutOutcome::stored);
}

TEST_F(Http, OnlyAStoredBlobIsStored) {
  for (const int status : {200, 201, 204})
    EXPECT_EQ(*put_answered(status, PutMode::replace), PutOutcome::stored);
  for (const int status : {202, 207, 400, 404, 405, 500})
    EXPECT_FALSE(put_answered(status, PutMode::replace)) << status;
}

TEST_F(Http, MakesCollectionsWhereTheyAreMissing) {
  const Nginx nginx({.makes_folders = false});
  HttpStoreOptions with = options(nginx.url());
  EXPECT_FALSE(put(*store(with), "bytes"));
  with.make_collections = true;
  const auto stored = put(*store(with), "bytes");
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_THAT(nginx.access_log(3), HasSubstr("MKCOL /zone/ HTTP/1.1 201"));
  ASSERT_TRUE(put(*store(with), "other"));
  EXPECT_TRUE(*store(with)->get("zone/key", sink_));
  EXPECT_EQ(sink_.bytes(), "other");
}

TEST_F(Http, BasicCredentialsOpenTheDoor) {
  const Nginx nginx({.basic_auth = "me:open-sesame"});
  const std::string place = "127.0.0.1:" + std::to_string(nginx.port());
  EXPECT_EQ(store(options("http://" + place))->get("key", sink_).error().what, FailureKind::unauthorised);
  EXPECT_EQ(store(options("http://me:wrong@" + place))->get("key", sink_).error().what,
            FailureKind::unauthorised);
  EXPECT_TRUE(store(options("http://me:open-sesame@" + place))->get("key", sink_));
}

TEST_F(Http, ABearerTokenOpensTheDoor) {
  const Nginx nginx({.more = "if ($http_authorization != \"Bearer open-sesame\") { return 401; }\n"});
  HttpStoreOptions with = options(nginx.url());
  EXPECT_EQ(store(with)->get("key", sink_).error().what, FailureKind::unauthorised);
  with.bearer_token = "open-sesame";
  ASSERT_TRUE(put(*store(with), "bytes"));
  EXPECT_TRUE(*store(with)->get("zone/key", sink_));
  EXPECT_TRUE(store(with)->remove("zone/key"));
  EXPECT_FALSE(*store(with)->contains("zone/key"));
}

TEST_F(Http, AClientCertificateOpensTheDoor) {
  const Nginx nginx({.tls = true, .client_certificates = true});
  net::HttpClientOptions client;
  client.tls.ca_file = nginx.ca_file();
  const auto as = [&] {
    return std::unique_ptr<BlobStore>(
        std::make_unique<HttpStore>(std::make_shared<net::HttpClient>(client), options(nginx.url())));
  };
  EXPECT_FALSE(as()->get("key", sink_));
  client.tls.client_certificate = nginx.client_certificate();
  client.tls.client_key = nginx.client_key();
  ASSERT_TRUE(put(*as(), "bytes"));
  EXPECT_TRUE(*as()->get("zone/key", sink_));
  ASSERT_TRUE(as()->remove("zone/key"));
  EXPECT_THAT(nginx.access_log(4), HasSubstr("DELETE /zone/key HTTP/2.0 204"));
}

}  // namespace
}  // namespace stillage::blob
