// SPDX-License-Identifier: MIT
// What is said to Redis and what its answers mean; the rest is in tests/contract.
#include "blob/redis_store.h"

#include <gmock/gmock.h>

#include <thread>

#include "support/redis_server.h"
#include "support/scripted_server.h"

namespace stillage::blob {
namespace {

using test::Connection;
using test::RedisServer;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kNothing = "$0\r\n\r\n";

std::shared_ptr<BlobStore> over(net::RedisClientOptions client, RedisStoreOptions options = {}) {
  return std::make_shared<RedisStore>(std::make_shared<net::RedisClient>(std::move(client)),
                                      std::move(options));
}

net::RedisClientOptions client_of(const ScriptedServer& server) {
  net::RedisClientOptions client{.url =
                                     *net::Url::parse("redis://127.0.0.1:" + std::to_string(server.port()))};
  client.deadlines.stall = std::chrono::milliseconds(500);
  return client;
}

Outcome<PutOutcome> put(BlobStore& store, const std::string& key, std::string_view bytes,
                        PutOptions options = {}) {
  net::MemorySource source(bytes);
  return store.put(key, source, options);
}

std::int64_t number(const RedisServer& server, std::vector<std::string> words) {
  return server.say(std::move(words)).number;
}

/// What a get comes to when the server answers so to a small command.
Outcome<std::optional<BlobInfo>> get_answered(const std::string& answer) {
  ScriptedServer server([&](Connection& c) {
    c.read_body(20);
    c.send(answer);
    c.hang();
  });
  net::RedisClientOptions client = client_of(server);
  client.password = "";
  net::MemorySink sink(100'000);
  return over(client)->get("key", sink);
}

TEST(Redis, AMissIsOneCommandAndSoIsASmallHit) {
  const RedisServer server;
  const auto store = over(server.client_options());
  ASSERT_TRUE(put(*store, "key", "bytes"));
  server.say({"CONFIG", "RESETSTAT"});
  net::MemorySink sink(100);
  EXPECT_FALSE(*store->get("none", sink));
  EXPECT_TRUE(*store->get("key", sink));
  EXPECT_TRUE(*store->contains("key"));
  const std::string stats = server.say({"INFO", "commandstats"}).text;
  EXPECT_THAT(stats, HasSubstr("cmdstat_getrange:calls=3,"));
  EXPECT_THAT(stats, Not(HasSubstr("cmdstat_get:")));
  EXPECT_THAT(stats, Not(HasSubstr("cmdstat_hello")));
}

TEST(Redis, ConnectionsAreUsedAgain) {
  const RedisServer server;
  const auto store = over(server.client_options());
  server.say({"CONFIG", "RESETSTAT"});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(*store, "key", "bytes"));
  EXPECT_THAT(server.say({"INFO", "stats"}).text, HasSubstr("total_connections_received:2\r\n"));
}

TEST(Redis, AConnectionThatTheServerHasEndedIsReplaced) {
  const RedisServer server;
  const auto store = over(server.client_options());
  ASSERT_TRUE(put(*store, "key", "bytes"));
  server.say({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  net::MemorySink sink(100);
  const auto found = store->get("key", sink);
  ASSERT_TRUE(found && *found) << (found ? "a miss" : found.error().message);
  EXPECT_EQ(sink.bytes(), "bytes");
}

TEST(Redis, BlobsExpireWhereATtlIsAskedFor) {
  const RedisServer server;
  ASSERT_TRUE(put(*over(server.client_options(), {.ttl = std::chrono::seconds(1000)}), "a", "bytes"));
  ASSERT_TRUE(put(*over(server.client_options()), "b", "bytes"));
  const std::int64_t left = number(server, {"TTL", "stillage:a"});
  EXPECT_GT(left, 900);
  EXPECT_LE(left, 1000);
  EXPECT_EQ(number(server, {"TTL", "stillage:b"}), -1);
  const auto brief = over(server.client_options(), {.ttl = std::chrono::seconds(1)});
  ASSERT_TRUE(put(*brief, "c", "bytes", {.mode = PutMode::if_absent, .metadata = {}}));
  EXPECT_TRUE(*brief->contains("c"));
  for (int i = 0; i < 50 && *brief->contains("c"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(*brief->contains("c"));
}

TEST(Redis, OnlyOurBlobsAreListed) {
  const RedisServer server;
  const auto store = over(server.client_options(), {.prefix = "a*b[c]?:"});
  ASSERT_TRUE(put(*store, "zone/key", "12345"));
  for (const char* const name : {"a*b[c]?:text", "axb[c]?:zone/other", "a*bc?:zone/other", "a*b[c]?:no key"})
    server.say({"SET", name, "a text of somebody else that is longer than any head of a blob"});
  server.say({"RPUSH", "a*b[c]?:list", "1"});
  std::vector<std::string> keys;
  const auto listed = store->list("", [&](const ListedBlob& blob) -> Outcome<void> {
    keys.push_back(blob.key + " " + std::to_string(blob.size.value_or(0)));
    return {};
  });
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_THAT(keys, ::testing::ElementsAre("zone/key 5"));
}

TEST(Redis, ListsMoreThanOneScanGives) {
  const RedisServer server;
  const auto store = over(server.client_options());
  constexpr int kMany = 2500;
  for (int i = 0; i < kMany; ++i) ASSERT_TRUE(put(*store, "k" + std::to_string(i), "x"));
  int seen = 0;
  ASSERT_TRUE(store->list("k", [&](const ListedBlob&) -> Outcome<void> {
    ++seen;
    return {};
  }));
  EXPECT_EQ(seen, kMany);
}

TEST(Redis, WhatIsNoBlobIsNeverTakenForOne) {
  const RedisServer server;
  const auto store = over(server.client_options());
  net::MemorySink sink(100'000);
  const auto expect_refused = [&](const std::string& what) {
    const auto found = store->get("key", sink);
    ASSERT_FALSE(found) << what;
    EXPECT_EQ(found.error().what, FailureKind::protocol) << what;
    EXPECT_THAT(found.error().message, HasSubstr("stillage:key")) << what;
  };
  server.say({"SET", "stillage:key", "somebody's text"});
  expect_refused("a text");
  server.say({"SET", "stillage:key", std::string(50'000, 'x')});
  expect_refused("a long text");
  server.say({"DEL", "stillage:key"});
  server.say({"RPUSH", "stillage:key", "x"});
  expect_refused("a list");
  ASSERT_TRUE(put(*store, "key", "0123456789"));
  server.say({"APPEND", "stillage:key", "x"});
  expect_refused("longer than it says");
  const std::string head = make_redis_head(10, {});
  server.say({"SET", "stillage:key", head + "012"});
  expect_refused("shorter than it says");
}

TEST(Redis, AStringTooLargeIsToldBeforeItIsSent) {
  const RedisServer server;
  const auto small = over(server.client_options(), {.max_value_size = 1000});
  const auto stored = put(*small, "key", std::string(1000, 'x'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::too_large);
  EXPECT_THAT(stored.error().message, HasSubstr("more than a value"));
  EXPECT_TRUE(put(*small, "key", std::string(900, 'x')));
  // A server that takes less than we think says so itself.
  server.say({"CONFIG", "SET", "proto-max-bulk-len", "1048576"});
  const auto refused = put(*over(server.client_options()), "key", std::string(30'000'000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, FailureKind::too_large) << refused.error().message;
}

TEST(Redis, AFullServerIsNoCache) {
  const RedisServer server({.more = {"maxmemory 3mb", "maxmemory-policy noeviction"}});
  const auto store = over(server.client_options());
  Outcome<PutOutcome> stored;
  for (int i = 0; i < 20 && stored; ++i)
    stored = put(*store, "k" + std::to_string(i), std::string(400'000, 'x'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::protocol);
  EXPECT_EQ(stored.error().code, "OOM");
  EXPECT_THAT(stored.error().message, HasSubstr("it is full"));
}

TEST(Redis, UsersAreWhoTheySay) {
  const RedisServer server(
      {.more = {"requirepass sesame-open", "user reader on >read-word ~stillage:* -@all +getrange +auth"}});
  const auto as = [&](const std::string& user, const std::string& password) {
    net::RedisClientOptions client = server.client_options();
    client.user = user;
    client.password = password;
    return over(client);
  };
  EXPECT_TRUE(put(*as("", "sesame-open"), "key", "bytes"));
  net::MemorySink sink(100);
  EXPECT_TRUE(*as("reader", "read-word")->get("key", sink));
  for (const auto& [user, password] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"", "wrong-word"}, {"reader", "wrong-word"}, {"nobody", "sesame-open"}}) {
    const auto found = as(user, password)->get("key", sink);
    ASSERT_FALSE(found) << user;
    EXPECT_EQ(found.error().what, FailureKind::unauthorised) << user << ": " << found.error().message;
    EXPECT_EQ(found.error().kind, ErrorKind::auth);
  }
  const auto stored = put(*as("reader", "read-word"), "key", std::string(2'000'000, 'x'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::unauthorised) << stored.error().message;
  EXPECT_THAT(stored.error().message, HasSubstr("may not do this"));
}

TEST(Redis, AReplicaCanBeReadOnly) {
  const RedisServer server({.more = {"replicaof 127.0.0.1 1"}});
  const auto store = over(server.client_options());
  const auto stored = put(*store, "key", "bytes");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().what, FailureKind::unauthorised);
  EXPECT_THAT(stored.error().message, HasSubstr("replica"));
}

TEST(Redis, SecretsAreInNoMessage) {
  ScriptedServer server([](Connection& c) {
    c.read_body(20);
    c.send("-ERR unknown command 'AUTH', with args beginning with: 'me' 'hunter%2' hunter%252\r\n");
    c.hang();
  });
  net::RedisClientOptions client{
      .url = *net::Url::parse("redis://me:hunter%252@127.0.0.1:" + std::to_string(server.port()))};
  client.user = "me";
  client.password = "hunter%2";
  const auto store = over(client);
  net::MemorySink sink(100);
  const auto found = store->get("key", sink);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, Not(HasSubstr("hunter")));
  EXPECT_THAT(found.error().message, HasSubstr("unknown command"));
  EXPECT_THAT(store->name(), Not(HasSubstr("hunter")));
}

TEST(Redis, AnswersMeanWhatTheyMean) {
  EXPECT_FALSE(*get_answered(std::string(kNothing)));
  const std::vector<std::pair<std::string, FailureKind>> answers{
      {"-LOADING Redis is loading the dataset in memory\r\n", FailureKind::transient},
      {"-BUSY Redis is busy running a script\r\n", FailureKind::transient},
      {"-ERR max number of clients reached\r\n", FailureKind::transient},
      {"-MOVED 3999 127.0.0.1:6381\r\n", FailureKind::protocol},
      {"-DENIED Redis is running in protected mode\r\n", FailureKind::unauthorised},
      {"-ERR unknown command 'GETRANGE'\r\n", FailureKind::protocol},
      {"HTTP/1.1 400 Bad Request\r\n", FailureKind::protocol},
      {"+PONG\r\n", FailureKind::protocol},
      {"$900000000\r\n", FailureKind::protocol},
      {"*1\r\n$1\r\na\r\n", FailureKind::protocol},
      {"$44\r\n" + std::string(44, 'x') + "\r\n", FailureKind::protocol}};
  for (const auto& [answer, kind] : answers) {
    const auto found = get_answered(answer);
    ASSERT_FALSE(found) << answer;
    EXPECT_EQ(found.error().what, kind) << answer << found.error().message;
  }
}

TEST(Redis, ACertificateThatCannotBeVerifiedIsRefused) {
  const RedisServer server({.tls = true});
  EXPECT_TRUE(put(*over(server.client_options()), "key", "bytes"));
  net::RedisClientOptions client = server.client_options();
  client.tls = {};
  const auto stored = put(*over(client), "key", "bytes");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().kind, ErrorKind::auth) << stored.error().message;
}

TEST(Redis, AClientCertificateOpensTheDoor) {
  const RedisServer server({.tls = true, .client_certificates = true});
  EXPECT_TRUE(put(*over(server.client_options()), "key", "bytes"));
  net::RedisClientOptions client = server.client_options();
  client.tls.client_certificate.clear();
  client.tls.client_key.clear();
  EXPECT_FALSE(put(*over(client), "key", "bytes"));
}

TEST(RedisValue, HeadsComeBackAndEveryPutHasItsNumber) {
  const Metadata metadata{{"a", "1"}, {"signature", "x=y=="}};
  const std::string text = make_redis_head(123'456'789'012, metadata);
  const auto head = parse_redis_head(text + "blob");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, 123'456'789'012U);
  EXPECT_EQ(head->metadata, metadata);
  EXPECT_EQ(head->length, text.size());
  EXPECT_THAT(text, StartsWith("stillage blob 1\n"));
  EXPECT_NE(parse_redis_head(make_redis_head(1, {}))->put, head->put);
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_FALSE(parse_redis_head(text.substr(0, i)));
}

}  // namespace
}  // namespace stillage::blob
