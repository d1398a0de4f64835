// SPDX-License-Identifier: MIT
#include "config/backfill_options.h"

#include <gmock/gmock.h>

namespace stillage::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Result<BackfillOptions> read(const std::vector<std::string>& variables, BackfillOptions base = {}) {
  return read_backfill_environment(run::Environment(variables), std::move(base));
}

std::string error_of(const std::vector<std::string>& variables) {
  const auto options = read(variables);
  EXPECT_FALSE(options);
  if (options) return "";
  EXPECT_EQ(options.error().kind, ErrorKind::invalid);
  return options.error().message;
}

TEST(BackfillEnvironment, SaysNothingByDefault) {
  BackfillOptions base;
  base.name = "from-config";
  base.output_glob = {"dist/**"};
  const auto options = read({"BACKFILL_NAME=", "BACKFILL_MODE=", "OTHER=x"}, base);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->name, "from-config");
  EXPECT_THAT(options->output_glob, ElementsAre("dist/**"));
  EXPECT_EQ(options->cache_storage_config.provider, "local");
  EXPECT_EQ(options->mode, CacheMode::read_write);
  EXPECT_EQ(options->log_level, BackfillLogLevel::info);
  EXPECT_FALSE(options->performance_report_name);
  EXPECT_THAT(options->warnings, IsEmpty());
}

TEST(BackfillEnvironment, EachVariableWinsOverTheConfiguration) {
  const auto options = read({"BACKFILL_CLEAR_OUTPUT=true", "BACKFILL_PRODUCE_PERFORMANCE_LOGS=true",
                             "BACKFILL_VALIDATE_OUTPUT=true", "BACKFILL_INCREMENTAL_CACHING=true",
                             "BACKFILL_INTERNAL_CACHE_FOLDER=.c", "BACKFILL_LOG_FOLDER=.l", "BACKFILL_NAME=n",
                             "BACKFILL_PACKAGE_ROOT=/p", "BACKFILL_PERFORMANCE_REPORT_NAME=r",
                             "BACKFILL_OUTPUT_GLOB=[\"a/**\",\"!b\"]", "BACKFILL_LOG_LEVEL=mute",
                             "BACKFILL_MODE=WRITE_ONLY", "BACKFILL_CACHE_PROVIDER=local-skip"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_TRUE(options->clear_output);
  EXPECT_TRUE(options->produce_performance_logs);
  EXPECT_TRUE(options->validate_output);
  EXPECT_TRUE(options->incremental_caching);
  EXPECT_EQ(options->internal_cache_folder, ".c");
  EXPECT_EQ(options->log_folder, ".l");
  EXPECT_EQ(options->name, "n");
  EXPECT_EQ(options->package_root, "/p");
  EXPECT_EQ(options->performance_report_name, "r");
  EXPECT_THAT(options->output_glob, ElementsAre("a/**", "!b"));
  EXPECT_EQ(options->log_level, BackfillLogLevel::mute);
  EXPECT_EQ(options->mode, CacheMode::write_only);
  EXPECT_EQ(options->cache_storage_config.provider, "local-skip");
}

TEST(BackfillEnvironment, AFlagIsOnForTheWordTrueAlone) {
  BackfillOptions base;
  base.clear_output = true;
  for (const std::string value : {"1", "TRUE", "yes", "false"})
    EXPECT_FALSE(read({"BACKFILL_CLEAR_OUTPUT=" + value}, base)->clear_output) << value;
}

TEST(BackfillEnvironment, EveryModeHasItsWord) {
  EXPECT_EQ(read({"BACKFILL_MODE=READ_ONLY"})->mode, CacheMode::read_only);
  EXPECT_EQ(read({"BACKFILL_MODE=READ_WRITE"})->mode, CacheMode::read_write);
  EXPECT_EQ(read({"BACKFILL_MODE=PASS"})->mode, CacheMode::pass);
}

TEST(BackfillEnvironment, WrongValuesAreToldInBackfillsWords) {
  EXPECT_EQ(error_of({"BACKFILL_MODE=SOMETIMES"}),
            "Backfill config option BACKFILL_MODE was set to an invalid value.\n"
            "Expected: one of READ_ONLY, WRITE_ONLY, READ_WRITE, PASS\nReceived: SOMETIMES");
  EXPECT_EQ(error_of({"BACKFILL_LOG_LEVEL=loud"}),
            "Backfill config option BACKFILL_LOG_LEVEL was set to an invalid value.\n"
            "Expected: one of silly, verbose, info, warn, error, mute\nReceived: loud");
  for (const std::string value : {"lib/**", "[\"a\"", "[a]", "[1]", " [\"a\"]"})
    EXPECT_EQ(error_of({"BACKFILL_OUTPUT_GLOB=" + value}),
              "Backfill config option BACKFILL_OUTPUT_GLOB was set to an invalid value.\n"
              "Expected: array of strings\nReceived: " +
                  value);
  // Of several, the one that backfill looks at first.
  EXPECT_THAT(error_of({"BACKFILL_OUTPUT_GLOB=x", "BACKFILL_MODE=x", "BACKFILL_LOG_LEVEL=x"}),
              HasSubstr("BACKFILL_LOG_LEVEL"));
}

TEST(BackfillEnvironment, ProvidersAndTheirOptions) {
  const auto azure = read(
      {"BACKFILL_CACHE_PROVIDER=azure-blob",
       "BACKFILL_CACHE_PROVIDER_OPTIONS={\"connectionString\":\"c\",\"container\":\"d\",\"maxSize\":150}"});
  ASSERT_TRUE(azure) << azure.error().message;
  EXPECT_EQ(azure->cache_storage_config.provider, "azure-blob");
  EXPECT_EQ(azure->cache_storage_config.max_size, 150U);
  EXPECT_THAT(azure->cache_storage_config.options,
              UnorderedElementsAre(Pair("connectionString", "c"), Pair("container", "d")));
  const auto npm = read({"BACKFILL_CACHE_PROVIDER=npm",
                         "BACKFILL_CACHE_PROVIDER_OPTIONS={\"npmPackageName\":\"n\",\"registryUrl\":\"u\","
                         "\"npmrcUserconfig\":\"f\"}"});
  ASSERT_TRUE(npm) << npm.error().message;
  EXPECT_THAT(npm->cache_storage_config.options,
              UnorderedElementsAre(Pair("npmPackageName", "n"), Pair("registryUrl", "u"),
                                   Pair("npmrcUserconfig", "f")));
}

TEST(BackfillEnvironment, WrongOptionsOfAProviderAreToldInBackfillsWords) {
  EXPECT_EQ(error_of({"BACKFILL_CACHE_PROVIDER=azure-blob", "BACKFILL_CACHE_PROVIDER_OPTIONS={oops"}),
            "Could not parse BACKFILL_CACHE_PROVIDER_OPTIONS as JSON:\n\"{oops\"");
  EXPECT_EQ(error_of({"BACKFILL_CACHE_PROVIDER=azure-blob"}),
            "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"azure-blob\":\n"
            "Expected: object with string values for keys \"connectionString\", \"container\"\n"
            "Received: \"{}\"");
  EXPECT_EQ(error_of({"BACKFILL_CACHE_PROVIDER=npm",
                      "BACKFILL_CACHE_PROVIDER_OPTIONS={\"npmPackageName\":1,\"registryUrl\":\"u\"}"}),
            "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"npm\":\n"
            "Expected: object with string values for keys \"npmPackageName\", \"registryUrl\"\n"
            "Received: \"{\"npmPackageName\":1,\"registryUrl\":\"u\"}\"");
  EXPECT_EQ(error_of({"BACKFILL_CACHE_PROVIDER=azure-blob",
                      "BACKFILL_CACHE_PROVIDER_OPTIONS={\"connectionString\":\"c\",\"container\":\"d\","
                      "\"maxSize\":\"150\"}"}),
            "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"azure-blob\":expected "
            "\"maxSize\" property to be unspecified or a number; received: 150");
  for (const std::string value : {"null", "5", "[]"})
    EXPECT_THAT(error_of({"BACKFILL_CACHE_PROVIDER=npm", "BACKFILL_CACHE_PROVIDER_OPTIONS=" + value}),
                HasSubstr("Received: \"" + value + "\""));
}

TEST(BackfillEnvironment, SecretsAreInNoMessage) {
  const std::string text = "{\"connectionString\":\"AccountName=a;AccountKey=c2VjcmV0\"";
  for (const std::string end : {"", "}"}) {
    const std::string message =
        error_of({"BACKFILL_CACHE_PROVIDER=azure-blob", "BACKFILL_CACHE_PROVIDER_OPTIONS=" + text + end});
    EXPECT_THAT(message, Not(HasSubstr("c2VjcmV0")));
    EXPECT_THAT(message, HasSubstr("<redacted>"));
  }
  const auto options = read({"BACKFILL_CACHE_PROVIDER_OPTIONS=" + text});
  ASSERT_TRUE(options);
  EXPECT_THAT(options->warnings,
              ElementsAre("Ignoring unknown BACKFILL_CACHE_PROVIDER_OPTIONS: \"<redacted>\""));
}

TEST(BackfillEnvironment, WhatIsUnknownIsIgnoredAndTold) {
  EXPECT_THAT(read({"BACKFILL_CACHE_PROVIDER=floppy"})->warnings,
              ElementsAre("Ignoring unknown BACKFILL_CACHE_PROVIDER: \"floppy\""));
  EXPECT_THAT(read({"BACKFILL_CACHE_PROVIDER_OPTIONS={}"})->warnings,
              ElementsAre("Ignoring unknown BACKFILL_CACHE_PROVIDER_OPTIONS: \"{}\""));
}

}  // namespace
}  // namespace stillage::config
