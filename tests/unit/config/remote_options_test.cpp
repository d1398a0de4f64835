// SPDX-License-Identifier: MIT
// What a remote's options mean to all stores: references to variables, and how HTTP is spoken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/http_client_options.h"
#include "config/option_variables.h"
#include "support/log_recorder.h"
#include "support/temp_dir.h"

namespace stillage::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

run::Environment variables(std::vector<std::string> texts) {
  return run::Environment(texts);
}

CacheStorageConfig http(std::map<std::string, std::string> options) {
  return {.provider = "http", .options = std::move(options)};
}

TEST(OptionVariables, AreReplacedByWhatTheyHold) {
  const auto environment = variables({"TOKEN=s3cret", "HOST=cache.example", "TRAP=${TOKEN}"});
  const auto expanded = with_variables(http({{"url", "https://${HOST}/c"},
                                             {"bearerToken", "${TOKEN}"},
                                             {"headers.x", "a ${TOKEN} b ${HOST}"},
                                             {"plain", "$TOKEN $ {TOKEN} $"},
                                             {"escaped", "$${TOKEN} $$${TOKEN}"},
                                             {"trap", "${TRAP}"}}),
                                       environment);
  ASSERT_TRUE(expanded) << expanded.error().message;
  EXPECT_EQ(expanded->options.at("url"), "https://cache.example/c");
  EXPECT_EQ(expanded->options.at("bearerToken"), "s3cret");
  EXPECT_EQ(expanded->options.at("headers.x"), "a s3cret b cache.example");
  EXPECT_EQ(expanded->options.at("plain"), "$TOKEN $ {TOKEN} $");
  EXPECT_EQ(expanded->options.at("escaped"), "${TOKEN} $${TOKEN}");
  EXPECT_EQ(expanded->options.at("trap"), "${TOKEN}") << "what a variable holds is not looked through";
}

TEST(OptionVariables, MissingOnesAreNamedWithTheirOptionAndNothingIsShown) {
  const auto environment = variables({"EMPTY=", "TOKEN=s3cret"});
  const auto error = [&](const std::string& value) {
    const auto expanded = with_variables(http({{"bearerToken", value}}), environment);
    EXPECT_FALSE(expanded);
    return expanded ? "" : expanded.error().message;
  };
  EXPECT_EQ(
      error("${TOKEN}hush${NOT_THERE}"),
      "cacheStorageConfig.options.bearerToken (http) refers to the environment variable NOT_THERE, which is "
      "not set or empty");
  EXPECT_THAT(error("${EMPTY}"), HasSubstr("the environment variable EMPTY"));
  for (const char* const bad : {"hush${", "hush${}", "hush${A B}", "hush${1}", "hush${A"}) {
    EXPECT_THAT(error(bad), HasSubstr("without the name of a variable"));
    EXPECT_THAT(error(bad), Not(HasSubstr("hush")));
  }
}

TEST(OptionVariables, AreLookedForOnlyWhenTheStoreIsOpened) {
  const StorePlace place{.root = "/", .environment = variables({})};
  const auto store =
      open_blob_store(http({{"url", "http://localhost/"}, {"bearerToken", "${NOT_THERE}"}}), place);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("NOT_THERE"));
  EXPECT_TRUE(open_blob_store(http({{"url", "http://localhost/"}}), place));
}

TEST(StoreTable, AnUnknownProviderIsToldTheKnownOnes) {
  const auto store = open_blob_store({.provider = "floppy"}, {.root = "/", .environment = variables({})});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("\"floppy\""));
  for (const std::string& known : known_providers()) EXPECT_THAT(store.error().message, HasSubstr(known));
}

class HttpAccessOptions : public testing::Test {
 protected:
  Result<net::TlsOptions> tls(std::map<std::string, std::string> given) {
    const CacheStorageConfig storage = http(std::move(given));
    ProviderOptions options(storage);
    return take_tls_options(options, place_);
  }
  Result<net::HttpDeadlines> deadlines(std::map<std::string, std::string> given) {
    const CacheStorageConfig storage = http(std::move(given));
    ProviderOptions options(storage);
    return take_deadlines(options);
  }

  test::TempDir root_;
  test::LogRecorder told_;
  const run::Environment environment_{};
  const StorePlace place_{.root = root_.path(), .environment = environment_};
};

TEST_F(HttpAccessOptions, VerifyAndWaitByDefaultAsNetDoes) {
  const auto options = tls({});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->verification, net::TlsVerification::on);
  EXPECT_EQ(options->ca_file, "");
  EXPECT_EQ(options->client_certificate, "");
  EXPECT_EQ(deadlines({})->connect, net::HttpDeadlines().connect);
  EXPECT_EQ(deadlines({})->stall, net::HttpDeadlines().stall);
  EXPECT_THAT(told_.warnings(), IsEmpty());
}

TEST_F(HttpAccessOptions, FilesStartAtTheRoot) {
  root_.write("ci/ca.pem", "x");
  root_.write("me.pem", "x");
  root_.write("me.key", "x");
  const auto options = tls({{"caFile", "ci/ca.pem"},
                            {"clientCertificate", "./me.pem"},
                            {"clientKey", root_ / "me.key"},
                            {"clientKeyPassword", "pass"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->ca_file, root_ / "ci/ca.pem");
  EXPECT_EQ(options->client_certificate, root_ / "me.pem");
  EXPECT_EQ(options->client_key, root_ / "me.key");
  EXPECT_EQ(options->client_key_password, "pass");
}

TEST_F(HttpAccessOptions, WhatMakesNoSenseIsAnErrorThatNamesTheOption) {
  root_.make_dir("folder");
  root_.write("me.key", "x");
  const auto error = [&](std::map<std::string, std::string> given) {
    const auto options = tls(std::move(given));
    return options ? "" : options.error().message;
  };
  EXPECT_THAT(error({{"caFile", "folder"}}), HasSubstr("options.caFile (http) names no file"));
  EXPECT_THAT(error({{"clientCertificate", "none"}}), HasSubstr("options.clientCertificate"));
  EXPECT_THAT(error({{"clientKey", "me.key"}}), HasSubstr("without clientCertificate"));
  EXPECT_THAT(error({{"tlsVerify", "no"}}), HasSubstr("options.tlsVerify (http) must be true or false"));
  for (const char* const bad : {"0", "3600001", "-1", "2s", "18446744073709551615"}) {
    EXPECT_FALSE(deadlines({{"connectTimeout", bad}})) << bad;
    EXPECT_FALSE(deadlines({{"stallTimeout", bad}})) << bad;
  }
  EXPECT_EQ(deadlines({{"connectTimeout", "500"}})->connect.count(), 500);
  EXPECT_EQ(deadlines({{"stallTimeout", "3600000"}})->stall.count(), 3'600'000);
}

TEST_F(HttpAccessOptions, SwitchingVerificationOffIsToldOnceInEveryRun) {
  const auto options = tls({{"tlsVerify", "false"}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->verification, net::TlsVerification::off);
  EXPECT_TRUE(tls({{"tlsVerify", "false"}}));
  EXPECT_THAT(told_.warnings(), ElementsAre(HasSubstr("tlsVerify is false")));
}

}  // namespace
}  // namespace stillage::config
