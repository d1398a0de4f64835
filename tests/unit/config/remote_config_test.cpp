// SPDX-License-Identifier: MIT
// Which remote cache the configuration and the environment name, and whether it is written to.
#include <gmock/gmock.h>

#include "config/remote_variables.h"
#include "config/storage_reader.h"
#include "repo.h"

namespace stillage::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

class RemoteConfig : public testing::Test {
 protected:
  /// Of a configuration whose `cacheOptions` is this text.
  CacheOptions options(const std::string& cache_options, const Variables& variables = {}) {
    const auto settings = repo_.with("{\"cacheOptions\": " + cache_options + "}", variables);
    EXPECT_TRUE(settings) << settings.error().message;
    warnings_ = settings ? settings->warnings : Texts();
    return settings ? settings->cache_options : CacheOptions();
  }
  /// Of one whose cacheStorageConfig has these options.
  CacheStorageConfig with_options(const std::string& given) {
    return options("{\"cacheStorageConfig\": {\"provider\": \"http\", \"options\": " + given + "}}")
        .cache_storage_config.value_or(CacheStorageConfig());
  }
  std::string error(const std::string& cache_options, const Variables& variables = {}) {
    return repo_.error("{\"cacheOptions\": " + cache_options + "}", variables);
  }
  CacheStorageConfig remote(const std::string& value) {
    return options("{}", {{"STILLAGE_REMOTE", value}}).cache_storage_config.value_or(CacheStorageConfig());
  }
  std::string remote_error(const std::string& value) { return error("{}", {{"STILLAGE_REMOTE", value}}); }

  const Repo repo_;
  Texts warnings_;
};

TEST_F(RemoteConfig, OptionsMayBeNested) {
  const auto storage = with_options(
      R"({"url": "https://c/", "headers": {"X-Team": "a", "X-Deep": {"b": 1}}, "read": ["a", 1], "flag": true,
          "none": null, "n": 5, "maxSize": 7, "credentialName": "azure-cli"})");
  EXPECT_THAT(storage.options, UnorderedElementsAre(Pair("url", "https://c/"), Pair("headers.X-Team", "a"),
                                                    Pair("headers.X-Deep.b", "1"), Pair("read", R"(["a",1])"),
                                                    Pair("flag", "true"), Pair("n", "5")));
  EXPECT_EQ(storage.max_size, 7U);
  EXPECT_EQ(storage.credential_name, "azure-cli");
}

TEST_F(RemoteConfig, MaxSize) {
  EXPECT_EQ(with_options(R"({"maxSize": "5MB"})").max_size, 5'000'000U);
  EXPECT_EQ(with_options(R"({"maxSize": 0})").max_size, 0U);
  EXPECT_EQ(with_options(R"({"maxSize": -1})").max_size, 0U);
  for (const char* const bad : {"\"big\"", "true", "[5]"})
    EXPECT_THAT(error(std::string(R"({"cacheStorageConfig": {"provider": "http", "options": {"maxSize": )") +
                      bad + "}}}"),
                HasSubstr("maxSize is not a size"))
        << bad;
}

TEST_F(RemoteConfig, ObjectsWithFunctionsAreLeftOutAndTold) {
  repo_.write("lage.config.js",
              "module.exports = {cacheOptions: {cacheStorageConfig: {provider: 'azure-blob', options: {"
              "container: 'c', containerClient: {getBlobClient() {}}, credential: () => 1}}}};");
  const auto settings = repo_.settings();
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->cache_options.cache_storage_config->options, ElementsAre(Pair("container", "c")));
  EXPECT_THAT(settings->warnings, testing::IsSupersetOf({HasSubstr("containerClient holds functions"),
                                                         HasSubstr("credential holds functions")}));
}

TEST_F(RemoteConfig, SecretsInAFileGiveAHintThatDoesNotShowThem) {
  const auto hints = [&] {
    Texts found;
    for (const std::string& warning : warnings_)
      if (warning.find("looks like a secret") != std::string::npos) found.push_back(warning);
    return found;
  };
  with_options(R"({"url": "https://c/", "bearerToken": "hush", "headers": {"Authorization": "hush"}})");
  EXPECT_THAT(hints(),
              UnorderedElementsAre(HasSubstr("option bearerToken"), HasSubstr("headers.Authorization")));
  for (const std::string& hint : hints()) {
    EXPECT_THAT(hint, HasSubstr("stillage.config.json"));
    EXPECT_THAT(hint, Not(HasSubstr("hush")));
  }
  with_options(
      R"({"url": "https://c/", "bearerToken": "${TOKEN}", "tokenFile": "x", "accessKeyId": "AKIA"})");
  EXPECT_THAT(hints(), IsEmpty());
  options("{}", {{"STILLAGE_REMOTE", R"({"provider": "http", "options": {"bearerToken": "hush"}})"}});
  EXPECT_THAT(hints(), IsEmpty()) << "a variable is where secrets belong";
}

TEST(LooksSecret, ByNameOrByValue) {
  for (const char* const name : {"secretAccessKey", "clientKeyPassword", "token", "headers.x-api-key"})
    EXPECT_TRUE(looks_secret(name, "x")) << name;
  EXPECT_TRUE(looks_secret("connectionString", "AccountName=a;AccountKey=b"));
  EXPECT_TRUE(looks_secret("connectionString", "BlobEndpoint=x;SharedAccessSignature=sv=1"));
  EXPECT_TRUE(looks_secret("url", "https://a.example/c?sv=1&sig=x"));
  EXPECT_TRUE(looks_secret("url", "redis://user:pass@host/0"));
  EXPECT_FALSE(looks_secret("url", "redis://user@host/a:b@c"));
  EXPECT_FALSE(looks_secret("connectionString", "https://a.blob.core.windows.net"));
  EXPECT_FALSE(looks_secret("token", ""));
  EXPECT_FALSE(looks_secret("url", "https://u:${PASSWORD}@host/"));
}

TEST_F(RemoteConfig, AVariableNamesItAsJson) {
  const auto storage = remote(
      R"( {"provider": "http", "options": {"url": "https://c/", "headers": {"a": "b"}, "maxSize": 3}} )");
  EXPECT_EQ(storage.provider, "http");
  EXPECT_THAT(storage.options, UnorderedElementsAre(Pair("url", "https://c/"), Pair("headers.a", "b")));
  EXPECT_EQ(storage.max_size, 3U);
}

TEST_F(RemoteConfig, AVariableNamesItAsUrl) {
  const auto is = [&](const std::string& url, const std::string& provider,
                      std::map<std::string, std::string> wanted) {
    const auto storage = remote(url);
    EXPECT_EQ(storage.provider, provider) << url;
    EXPECT_EQ(storage.options, wanted) << url;
    return storage;
  };
  is("https://u:p@cache.example/team?x=1", "http", {{"url", "https://u:p@cache.example/team?x=1"}});
  is("http://localhost:80/", "http", {{"url", "http://localhost:80/"}});
  is("redis://host/1", "redis", {{"url", "redis://host/1"}});
  is("rediss://host", "redis", {{"url", "rediss://host"}});
  is("s3://bucket", "s3", {{"bucket", "bucket"}});
  is("s3://bucket/?region=eu-central-1&endpoint=http%3A%2F%2Flocalhost%3A1", "s3",
     {{"bucket", "bucket"},

      {"region", "eu-central-1"},
      {"endpoint", "http://localhost:1"}});
  is("file:///mnt/the%20cache/", "folder", {{"path", "/mnt/the cache"}});
  is("azure://acc/con", "azure-blob",
     {{"connectionString", "https://acc.blob.core.windows.net"}, {"container", "con"}});
  EXPECT_EQ(is("AZURE://acc.blob.core.chinacloudapi.cn/con?credentialName=azure-cli", "azure-blob",
               {{"connectionString", "https://acc.blob.core.chinacloudapi.cn"}, {"container", "con"}})
                .credential_name,
            "azure-cli");
}

TEST_F(RemoteConfig, OffNamesNone) {
  EXPECT_EQ(options(R"({"cacheStorageConfig": {"provider": "http"}})", {{"STILLAGE_REMOTE", "off"}})
                .cache_storage_config->provider,
            "local");
}

TEST_F(RemoteConfig, AVariableThatMakesNoSenseIsNamedButNotShown) {
  for (const char* const bad : {"hush", "{\"hush\"", "[\"hush\"]", "ftp://hush", "file://hush/x", "file:///",
                                "s3://", "s3://hush/x", "azure://hush", "azure://hush/a/b", "s3://hush?a",
                                "s3://hush%zz", "{\"options\": {\"url\": \"hush\"}}", "{\"provider\": 5}",
                                "{\"provider\": \"http\", \"options\": \"hush\"}",
                                "{\"provider\": \"http\", \"options\": {\"maxSize\": \"hush\"}}"}) {
    EXPECT_THAT(remote_error(bad), HasSubstr("STILLAGE_REMOTE")) << bad;
    EXPECT_THAT(remote_error(bad), Not(HasSubstr("hush"))) << bad;
  }
}

TEST_F(RemoteConfig, OwnVariableBeforeBackfillsBeforeTheFile) {
  const std::string file = R"({"cacheStorageConfig": {"provider": "http"}})";
  const Variables backfills = {
      {"BACKFILL_CACHE_PROVIDER", "azure-blob"},
      {"BACKFILL_CACHE_PROVIDER_OPTIONS", R"({"connectionString": "s", "container": "c", "maxSize": 5})"}};
  Variables both = backfills;
  both["STILLAGE_REMOTE"] = "file:///mnt/c";
  EXPECT_EQ(options(file).cache_storage_config->provider, "http");
  EXPECT_EQ(options(file, backfills).cache_storage_config->provider, "azure-blob");
  EXPECT_EQ(options(file, backfills).cache_storage_config->max_size, 5U);
  EXPECT_EQ(options(file, both).cache_storage_config->provider, "folder");
  both["STILLAGE_REMOTE"] = "";
  EXPECT_EQ(options(file, both).cache_storage_config->provider, "azure-blob") << "empty is unset";
  EXPECT_TRUE(options(file, {{"BACKFILL_CACHE_PROVIDER", "local-skip"}}).skip_local_cache);
}

TEST_F(RemoteConfig, BackfillsVariablesAreCheckedAsBackfillDoes) {
  const std::string file = R"({"cacheStorageConfig": {"provider": "http"}})";
  EXPECT_EQ(options(file, {{"BACKFILL_CACHE_PROVIDER", "floppy"}}).cache_storage_config->provider, "http");
  EXPECT_THAT(warnings_, testing::Contains("Ignoring unknown BACKFILL_CACHE_PROVIDER: \"floppy\""));
  EXPECT_EQ(options(file, {{"BACKFILL_CACHE_PROVIDER_OPTIONS", "hush"}}).cache_storage_config->provider,
            "http");
  EXPECT_THAT(warnings_, testing::Contains(HasSubstr("Ignoring unknown BACKFILL_CACHE_PROVIDER_OPTIONS")));
  EXPECT_THAT(error("{}", {{"BACKFILL_CACHE_PROVIDER", "azure-blob"},
                           {"BACKFILL_CACHE_PROVIDER_OPTIONS", R"({"container": "hush"})"}}),
              testing::AllOf(HasSubstr("with string values for keys \"connectionString\", \"container\""),
                             Not(HasSubstr("hush"))));
  EXPECT_THAT(error("{}", {{"BACKFILL_CACHE_PROVIDER", "npm"}, {"BACKFILL_CACHE_PROVIDER_OPTIONS", "hush"}}),
              testing::AllOf(HasSubstr("Could not parse"), Not(HasSubstr("hush"))));
}

struct WriteCase {
  bool configured;
  Variables variables;
  bool native;
  bool lage;
};

TEST(WritesRemote, EveryConflictHasItsOrder) {
  const WriteCase cases[] = {
      {false, {}, false, false},
      {true, {}, true, true},
      {false, {{"CI", "1"}}, false, true},
      {false, {{"CI", "false"}}, false, true},
      {false, {{"TF_BUILD", "True"}}, false, true},
      {false, {{"CI", "1"}, {"NODE_ENV", "test"}}, false, false},
      {false, {{"CI", "1"}, {"JEST_WORKER_ID", "1"}}, false, false},
      {true, {{"CI", "1"}, {"NODE_ENV", "test"}}, true, true},
      {false, {{"LAGE_WRITE_CACHE", "TRUE"}}, true, true},
      {true, {{"LAGE_WRITE_CACHE", "false"}}, false, false},
      {false, {{"CI", "1"}, {"LAGE_WRITE_CACHE", "False"}}, false, false},
      {false, {{"LAGE_WRITE_REMOTE_CACHE", "true"}}, true, true},
      {true, {{"LAGE_WRITE_REMOTE_CACHE", "false"}, {"CI", "1"}}, false, false},
      {false, {{"LAGE_WRITE_CACHE", "false"}, {"LAGE_WRITE_REMOTE_CACHE", "true"}}, false, false},
      {false, {{"LAGE_WRITE_CACHE", "true"}, {"LAGE_WRITE_REMOTE_CACHE", "false"}}, true, true},
      {false, {{"STILLAGE_WRITE_REMOTE_CACHE", "true"}, {"LAGE_WRITE_CACHE", "false"}}, true, true},
      {true,
       {{"STILLAGE_WRITE_REMOTE_CACHE", "false"}, {"LAGE_WRITE_CACHE", "true"}, {"CI", "1"}},
       false,
       false},
      {true, {{"STILLAGE_WRITE_REMOTE_CACHE", ""}, {"LAGE_WRITE_CACHE", ""}}, true, true},
  };
  for (const WriteCase& one : cases) {
    std::string shown = one.configured ? "configured" : "not configured";
    for (const auto& [name, value] : one.variables) shown += " " + name + "=" + value;
    Texts warnings;
    const auto environment = environment_of(one.variables);
    EXPECT_EQ(*writes_remote(environment, Compat::none, one.configured, warnings), one.native) << shown;
    EXPECT_EQ(*writes_remote(environment, Compat::lage, one.configured, warnings), one.lage) << shown;
    EXPECT_THAT(warnings, IsEmpty()) << shown;
  }
}

TEST(WritesRemote, AWordThatIsNoSwitchNeverTurnsItOn) {
  Texts warnings;
  EXPECT_FALSE(*writes_remote(environment_of({{"LAGE_WRITE_CACHE", "1"}}), Compat::none, false, warnings));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("LAGE_WRITE_CACHE is neither true nor false")));
  const auto own =
      writes_remote(environment_of({{"STILLAGE_WRITE_REMOTE_CACHE", "1"}}), Compat::none, true, warnings);
  ASSERT_FALSE(own);
  EXPECT_THAT(own.error().message, HasSubstr("STILLAGE_WRITE_REMOTE_CACHE"));
}

TEST_F(RemoteConfig, WritingIsReadFromFileAndEnvironmentTogether) {
  EXPECT_FALSE(options("{}", {{"CI", "1"}}).write_remote_cache);
  EXPECT_TRUE(options(R"({"compat": "lage"})", {{"CI", "1"}}).write_remote_cache);
  EXPECT_TRUE(options("{}", {{"CI", "1"}, {"STILLAGE_COMPAT", "lage"}}).write_remote_cache);
  EXPECT_TRUE(options(R"({"writeRemoteCache": true})").write_remote_cache);
  EXPECT_FALSE(options(R"({"writeRemoteCache": true})", {{"STILLAGE_WRITE_REMOTE_CACHE", "false"}})
                   .write_remote_cache);
}

}  // namespace
}  // namespace stillage::config
