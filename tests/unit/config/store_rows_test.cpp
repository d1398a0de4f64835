// SPDX-License-Identifier: MIT
// What the options of redis, turborepo and http come to: seen by servers, and refused with the option's name.
#include <gmock/gmock.h>

#include "config/store_table.h"
#include "support/nginx.h"
#include "support/redis_server.h"
#include "support/scripted_server.h"
#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using test::Connection;
using test::http_answer;
using test::Nginx;
using test::RedisServer;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Options = std::map<std::string, std::string>;

class StoreRows : public ::testing::Test {
 protected:
  Result<std::shared_ptr<blob::BlobStore>> open(const std::string& provider, Options options) {
    return open_blob_store({.provider = provider, .options = std::move(options)},
                           {.root = root_.path(), .environment = environment_});
  }
  /// Puts a blob through what the options open.
  blob::Outcome<blob::PutOutcome> put(const std::string& provider, Options options) {
    STILLAGE_ASSIGN(const auto store, open(provider, std::move(options)));
    net::MemorySource source("bytes");
    return store->put("zone/key", source);
  }
  std::string error(const std::string& provider, Options options) {
    const auto store = open(provider, std::move(options));
    EXPECT_FALSE(store);
    return store ? "" : store.error().message;
  }

  test::TempDir root_;
  run::Environment environment_;
};

TEST_F(StoreRows, RedisSaysAndDoesWhatItsOptionsSay) {
  const RedisServer server({.more = {"user ci on >open-sesame ~* &* +@all"}});
  const std::string place = "127.0.0.1:" + std::to_string(server.port());
  for (const Options& options :
       {Options{{"url", "redis://ci:open-sesame@" + place + "/2"}, {"prefix", "team:"}, {"ttl", "100"}},
        Options{{"url", "redis://" + place + "/2"},
                {"username", "ci"},
                {"password", "open-sesame"},
                {"prefix", "team:"},
                {"ttl", "100"}}}) {
    const auto stored = put("redis", options);
    ASSERT_TRUE(stored) << stored.error().message;
    const std::string keys = server.say({"INFO", "keyspace"}).text;
    EXPECT_THAT(keys, HasSubstr("db2:keys=1,expires=1"));
    server.say({"FLUSHALL"});
  }
  const auto small = put("redis", {{"url", "redis://" + place}, {"maxValueSize", "10"}});
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().what, blob::FailureKind::too_large);
  EXPECT_FALSE(put("redis", {{"url", "redis://ci:wrong@" + place}}));
}

TEST_F(StoreRows, RedisOverTlsWithAClientCertificate) {
  const RedisServer server({.tls = true, .client_certificates = true});
  const Options options{{"url", server.url()},
                        {"caFile", server.ca_file()},
                        {"clientCertificate", server.client_certificate()},
                        {"clientKey", server.client_key()}};
  const auto stored = put("redis", options);
  EXPECT_TRUE(stored) << stored.error().message;
}

TEST_F(StoreRows, WhatMakesNoSenseForRedisNamesTheOption) {
  EXPECT_THAT(error("redis", {}), HasSubstr("options.url (redis) is missing"));
  for (const char* const url : {"http://host", "redis://host/a", "redis://host/1/2", "redis://host/0?x=1",
                                "redis://host/99999999999999"})
    EXPECT_THAT(error("redis", {{"url", url}}), HasSubstr("options.url (redis)")) << url;
  EXPECT_THAT(error("redis", {{"url", "redis://me@host"}}), HasSubstr("options.password"));
  const std::string twice = error("redis", {{"url", "redis://me:hunter2@host"}, {"username", "you"}});
  EXPECT_THAT(twice, HasSubstr("options.url"));
  EXPECT_THAT(twice, Not(HasSubstr("hunter2")));
  EXPECT_THAT(error("redis", {{"url", "redis://host"}, {"ttl", "forever"}}), HasSubstr("options.ttl"));
  EXPECT_THAT(error("redis", {{"url", "redis://host"}, {"ttl", "99999999999"}}), HasSubstr("options.ttl"));
  EXPECT_THAT(error("redis", {{"url", "redis://host"}, {"maxValueSize", "0"}}), HasSubstr("maxValueSize"));
  EXPECT_THAT(error("redis", {{"url", "redis://host"}, {"tll", "1"}}), HasSubstr("ttl"));
}

TEST_F(StoreRows, TurborepoReadsItsVariablesWhereThereIsNoOption) {
  std::string head;
  ScriptedServer server([&](Connection& c) {
    head = c.read_head();
    c.read_body(5);
    c.send(http_answer(200, ""));
  });
  environment_.set("TURBO_API", server.url() + "/from-env");
  environment_.set("TURBO_TOKEN", "env-token");
  environment_.set("TURBO_TEAM", "env-team");
  environment_.set("TURBO_TEAMID", "env-id");
  environment_.set("TURBO_REMOTE_CACHE_SIGNATURE_KEY", "env-key");
  environment_.set("GITHUB_ACTIONS", "true");
  for (const char* const provider : {"turborepo", "turbo"}) {
    ASSERT_TRUE(put(provider, {}));
    EXPECT_THAT(head, StartsWith("PUT /from-env/v8/artifacts/"));
    EXPECT_THAT(head, HasSubstr("?teamId=env-id&slug=env-team HTTP"));
    EXPECT_THAT(head, HasSubstr("Bearer env-token\r\n"));
    EXPECT_THAT(head, HasSubstr("x-artifact-tag: "));
    EXPECT_THAT(head, HasSubstr("x-artifact-client-ci: GITHUB_ACTIONS\r\n"));
  }
  ASSERT_TRUE(put("turborepo", {{"url", server.url()},
                                {"token", "own-token"},
                                {"team", "own-team"},
                                {"teamId", "own-id"},
                                {"signature", "false"}}));
  EXPECT_THAT(head, StartsWith("PUT /v8/artifacts/"));
  EXPECT_THAT(head, HasSubstr("?teamId=own-id&slug=own-team HTTP"));
  EXPECT_THAT(head, HasSubstr("Bearer own-token\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("x-artifact-tag")));
}

TEST_F(StoreRows, WhatMakesNoSenseForTurborepoNamesTheOption) {
  EXPECT_THAT(error("turborepo", {}), HasSubstr("options.token (turborepo) is missing"));
  EXPECT_THAT(error("turborepo", {{"token", "hush"}, {"url", "not a url"}}), HasSubstr("options.url"));
  EXPECT_THAT(error("turborepo", {{"token", "hush"}, {"signature", "yes"}}), HasSubstr("options.signature"));
}

TEST_F(StoreRows, HttpWithBazelsLayoutAClientCertificateAndAPassword) {
  const Nginx nginx({.tls = true, .client_certificates = true, .basic_auth = "me:open-sesame"});
  Options options{{"url", nginx.url()},
                  {"layout", "bazel"},
                  {"username", "me"},
                  {"password", "open-sesame"},
                  {"caFile", nginx.ca_file()},
                  {"clientCertificate", nginx.client_certificate()},
                  {"clientKey", nginx.client_key()}};
  const auto stored = put("http", options);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_THAT(nginx.access_log(2), HasSubstr("PUT /ac/"));
  options["password"] = "wrong";
  EXPECT_EQ(put("http", options).error().what, blob::FailureKind::unauthorised);
}

TEST_F(StoreRows, WhatMakesNoSenseForHttpNamesTheOption) {
  EXPECT_THAT(error("http", {{"url", "ftp://host"}}), HasSubstr("options.url"));
  EXPECT_THAT(error("http", {{"url", "http://host"}, {"layout", "gradle"}}), HasSubstr("options.layout"));
  EXPECT_THAT(error("http", {{"url", "http://host"}, {"bearerToken", "hush"}, {"username", "me"}}),
              HasSubstr("options.bearerToken"));
  EXPECT_THAT(error("http", {{"url", "http://me:hush@host"}, {"bearerToken", "hush"}}),
              HasSubstr("options.url"));
}

}  // namespace
}  // namespace stillage::config
