// SPDX-License-Identifier: MIT
#include "config/backfill_options.h"

#include <gmock/gmock.h>

#include "config/wanted_compat.h"
#include "repo.h"

namespace stillage::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class BackfillConfig : public testing::Test {
 protected:
  BackfillConfig() { dir_.write("packages/a/package.json", R"({"name": "@s/a", "version": "1.0.0"})"); }

  Result<BackfillOptions> read(const Variables& variables = {}, const std::string& folder = "packages/a") {
    warnings_.clear();
    return read_backfill_options(dir_ / folder, environment_of(variables), warnings_);
  }
  BackfillOptions options(const Variables& variables = {}, const std::string& folder = "packages/a") {
    auto options = read(variables, folder);
    EXPECT_TRUE(options) << options.error().message;
    return options ? *options : BackfillOptions();
  }
  std::string error(const Variables& variables = {}, const std::string& folder = "packages/a") {
    const auto options = read(variables, folder);
    return options ? "no error" : options.error().message;
  }

  test::TempDir dir_;
  std::vector<std::string> warnings_;
};

TEST_F(BackfillConfig, Defaults) {
  dir_.make_dir("packages/a/src/deep");
  const BackfillOptions options = this->options({}, "packages/a/src/deep");
  const std::string cache = dir_ / "packages/a/node_modules/.cache/backfill";
  EXPECT_EQ(options.cache_storage_config.provider, "local");
  EXPECT_FALSE(options.clear_output);
  EXPECT_EQ(options.internal_cache_folder, cache);
  EXPECT_EQ(options.log_folder, cache);
  EXPECT_EQ(options.log_level, base::LogLevel::info);
  EXPECT_EQ(options.name, "@s/a");
  EXPECT_EQ(options.mode, CacheMode::read_write);
  EXPECT_EQ(options.output_glob, Texts{"lib/**"});
  EXPECT_EQ(options.package_root, dir_ / "packages/a");
  EXPECT_FALSE(options.produce_performance_logs);
  EXPECT_FALSE(options.validate_output);
  EXPECT_FALSE(options.incremental_caching);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(BackfillConfig, APackageWithoutANameIsCalledAfterTheFolderAroundIt) {
  dir_.write("packages/b/package.json", "{}");
  EXPECT_EQ(options({}, "packages/b").name, "packages");
}

TEST_F(BackfillConfig, ThereMustBeAPackage) {
  dir_.make_dir("empty");
  EXPECT_THAT(error({}, "empty"), HasSubstr("no package.json"));
}

TEST_F(BackfillConfig, EveryOptionOfAConfiguration) {
  dir_.write("packages/a/backfill.config.js", R"(module.exports = {
    cacheStorageConfig: {provider: 'local-skip'}, clearOutput: true, internalCacheFolder: '../cache', logFolder: 'logs',
    logLevel: 'mute', name: 'n', mode: 'PASS', outputGlob: ['dist/**', '!dist/x'], packageRoot: '..',
    performanceReportName: 'r', producePerformanceLogs: true, validateOutput: true, incrementalCaching: true,
    other: undefined, msBuild: 1 };)");
  const BackfillOptions options = this->options();
  EXPECT_EQ(options.cache_storage_config.provider, "local-skip");
  EXPECT_TRUE(options.clear_output);
  EXPECT_EQ(options.internal_cache_folder, dir_ / "cache") << "relative to packageRoot";
  EXPECT_EQ(options.log_folder, dir_ / "packages/a/logs") << "relative to the working folder";
  EXPECT_EQ(options.log_level, std::nullopt);
  EXPECT_EQ(options.name, "n");
  EXPECT_EQ(options.mode, CacheMode::pass);
  EXPECT_EQ(options.output_glob, (Texts{"dist/**", "!dist/x"}));
  EXPECT_EQ(options.package_root, dir_ / "packages");
  EXPECT_EQ(options.performance_report_name, "r");
  EXPECT_TRUE(options.produce_performance_logs);
  EXPECT_TRUE(options.validate_output);
  EXPECT_TRUE(options.incremental_caching);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("(msBuild): is not an option")));
}

TEST_F(BackfillConfig, TheNearestConfigurationCountsMostKeyByKey) {
  dir_.write("backfill.config.js", R"(module.exports = {name: 'far', logLevel: 'warn', validateOutput: true,
    cacheStorageConfig: {provider: 'azure-blob', options: {connectionString: 'c', container: 'd'}}};)");
  dir_.write("packages/backfill.config.js", R"(module.exports = {name: 'middle', outputGlob: 'out/**'};)");
  dir_.write("packages/a/backfill.config.js",
             R"(module.exports = {logLevel: 'verbose', cacheStorageConfig: {provider: 'local'}};)");
  const BackfillOptions options = this->options();
  EXPECT_EQ(options.name, "middle");
  EXPECT_EQ(options.log_level, base::LogLevel::verbose);
  EXPECT_TRUE(options.validate_output);
  EXPECT_EQ(options.output_glob, Texts{"out/**"}) << "one glob may stand alone";
  EXPECT_EQ(options.cache_storage_config.provider, "local");
  EXPECT_THAT(options.cache_storage_config.options, IsEmpty()) << "objects are not merged";
}

TEST_F(BackfillConfig, ConfigurationsSeeTheEnvironment) {
  dir_.write("packages/a/backfill.config.js", "module.exports = {name: process.env.NAME_OF_IT};");
  EXPECT_EQ(options({{"NAME_OF_IT", "x"}}).name, "x");
  EXPECT_EQ(options().name, "@s/a") << "undefined says nothing";
}

TEST_F(BackfillConfig, WhatAConfigurationCannotHold) {
  const auto error_of = [&](std::string_view value) {
    dir_.write("packages/a/backfill.config.js", "module.exports = " + std::string(value) + ";");
    return error();
  };
  const std::string file = dir_ / "packages/a/backfill.config.js";
  EXPECT_THAT(error_of("{mode: 'READ'}"),
              AllOf(StartsWith(file), HasSubstr("mode"), HasSubstr("READ_WRITE")));
  EXPECT_THAT(error_of("{clearOutput: 'false'}"), HasSubstr("clearOutput): must be true or false"));
  EXPECT_THAT(error_of("{logLevel: 'loud'}"), HasSubstr("\"silly\""));
  EXPECT_THAT(error_of("{outputGlob: ['../lib/**']}"), HasSubstr("leads out of the package"));
  EXPECT_THAT(error_of("{outputGlob: ''}"), HasSubstr("must not be empty"));
  EXPECT_THAT(error_of("{cacheStorageConfig: {provider: (logger, cwd) => ({}), name: 'mine'}}"),
              AllOf(HasSubstr("custom providers"), HasSubstr("\"local-skip\"")));
  EXPECT_THAT(error_of("() => ({})"), HasSubstr("must be an object"));
  EXPECT_THAT(error_of("{"), StartsWith(file));
  EXPECT_THAT(error_of("null"), HasSubstr("no error"));
}

TEST_F(BackfillConfig, VariablesCountMoreThanConfigurations) {
  dir_.write("packages/a/backfill.config.js",
             "module.exports = {clearOutput: true, name: 'n', mode: 'PASS', logFolder: 'l'};");
  const Variables all = {{"BACKFILL_CACHE_PROVIDER", "local-skip"},
                         {"BACKFILL_CLEAR_OUTPUT", "yes"},
                         {"BACKFILL_INTERNAL_CACHE_FOLDER", "c"},
                         {"BACKFILL_LOG_FOLDER", "/logs"},
                         {"BACKFILL_LOG_LEVEL", "silly"},
                         {"BACKFILL_NAME", "m"},
                         {"BACKFILL_MODE", "WRITE_ONLY"},
                         {"BACKFILL_OUTPUT_GLOB", R"(["x/**", "!x/y"])"},
                         {"BACKFILL_PACKAGE_ROOT", "sub"},
                         {"BACKFILL_PERFORMANCE_REPORT_NAME", "r"},
                         {"BACKFILL_PRODUCE_PERFORMANCE_LOGS", "true"},
                         {"BACKFILL_VALIDATE_OUTPUT", "true"},
                         {"BACKFILL_INCREMENTAL_CACHING", "true"}};
  const BackfillOptions options = this->options(all);
  EXPECT_EQ(options.cache_storage_config.provider, "local-skip");
  EXPECT_FALSE(options.clear_output) << "anything but \"true\" is false";
  EXPECT_EQ(options.internal_cache_folder, dir_ / "packages/a/sub/c");
  EXPECT_EQ(options.log_folder, "/logs");
  EXPECT_EQ(options.log_level, base::LogLevel::silly);
  EXPECT_EQ(options.name, "m");
  EXPECT_EQ(options.mode, CacheMode::write_only);
  EXPECT_EQ(options.output_glob, (Texts{"x/**", "!x/y"}));
  EXPECT_EQ(options.package_root, dir_ / "packages/a/sub");
  EXPECT_EQ(options.performance_report_name, "r");
  EXPECT_TRUE(options.produce_performance_logs);
  EXPECT_TRUE(options.validate_output);
  EXPECT_TRUE(options.incremental_caching);

  Variables empty;
  for (const auto& [name, value] : all) empty[name] = "";
  const BackfillOptions unset = this->options(empty);
  EXPECT_TRUE(unset.clear_output);
  EXPECT_EQ(unset.name, "n");
  EXPECT_EQ(unset.mode, CacheMode::pass);
  EXPECT_EQ(unset.log_folder, dir_ / "packages/a/l");
  EXPECT_EQ(unset.output_glob, Texts{"lib/**"});
}

TEST_F(BackfillConfig, ComplaintsAboutVariables) {
  EXPECT_EQ(error({{"BACKFILL_MODE", "read"}}),
            "Backfill config option BACKFILL_MODE was set to an invalid value.\n"
            "Expected: one of READ_ONLY, WRITE_ONLY, READ_WRITE, PASS\nReceived: read");
  EXPECT_EQ(error({{"BACKFILL_LOG_LEVEL", "x\x1b"}}),
            "Backfill config option BACKFILL_LOG_LEVEL was set to an invalid value.\n"
            "Expected: one of silly, verbose, info, warn, error, mute\nReceived: x\\x1b");
  for (const char* const value : {"lib/**", "[lib]", R"({"a": 1})", R"(["a", 1])", R"("a")"})
    EXPECT_EQ(error({{"BACKFILL_OUTPUT_GLOB", value}}),
              std::string("Backfill config option BACKFILL_OUTPUT_GLOB was set to an invalid value.\n"
                          "Expected: array of strings\nReceived: ") +
                  value);
  EXPECT_THAT(error({{"BACKFILL_OUTPUT_GLOB", R"(["/etc/**"])"}}), HasSubstr("leads out of the package"));
}

TEST_F(BackfillConfig, ProviderOptionsAreCheckedAndNeverShown) {
  const auto error_of = [&](const char* provider, const char* value) {
    const std::string message =
        error({{"BACKFILL_CACHE_PROVIDER", provider}, {"BACKFILL_CACHE_PROVIDER_OPTIONS", value}});
    EXPECT_THAT(message, Not(HasSubstr("s3cr3t")));
    return message;
  };
  EXPECT_EQ(error_of("azure-blob", R"({"connectionString": "s3cr3t"})"),
            "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"azure-blob\":\n"
            "Expected: object with string values for keys \"connectionString\", \"container\"\n"
            "Received: an object with the keys \"connectionString\"");
  EXPECT_THAT(error_of("azure-blob", ""), HasSubstr("an object without keys"));
  EXPECT_THAT(error_of("azure-blob", R"(["s3cr3t"])"), HasSubstr("Received: a JSON array"));
  EXPECT_THAT(error_of("azure-blob", "AccountKey=s3cr3t"),
              StartsWith("Could not parse BACKFILL_CACHE_PROVIDER_OPTIONS as JSON"));
  EXPECT_EQ(
      error_of("azure-blob", R"({"connectionString": "s3cr3t", "container": "c", "maxSize": "s3cr3t"})"),
      "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"azure-blob\": "
      "expected \"maxSize\" property to be unspecified or a number; received: a string");
  EXPECT_EQ(error_of("npm", R"({"npmPackageName": "s3cr3t", "registryUrl": 1})"),
            "Invalid BACKFILL_CACHE_PROVIDER_OPTIONS for BACKFILL_CACHE_PROVIDER=\"npm\":\n"
            "Expected: object with string values for keys \"npmPackageName\", \"registryUrl\"\n"
            "Received: an object with the keys \"npmPackageName\", \"registryUrl\"");
  const BackfillOptions azure =
      options({{"BACKFILL_CACHE_PROVIDER", "azure-blob"},
               {"BACKFILL_CACHE_PROVIDER_OPTIONS",
                R"({"connectionString": "s3cr3t", "container": "c", "maxSize": 5})"}});
  EXPECT_EQ(azure.cache_storage_config.options.at("container"), "c");
  EXPECT_EQ(azure.cache_storage_config.max_size, 5U);
}

TEST_F(BackfillConfig, UnknownProvidersAreIgnored) {
  EXPECT_EQ(options({{"BACKFILL_CACHE_PROVIDER", "floppy"}}).cache_storage_config.provider, "local");
  EXPECT_THAT(warnings_, ElementsAre("Ignoring unknown BACKFILL_CACHE_PROVIDER: \"floppy\""));
  options({{"BACKFILL_CACHE_PROVIDER_OPTIONS", "s3cr3t"}});
  EXPECT_THAT(warnings_, ElementsAre(AllOf(StartsWith("Ignoring unknown BACKFILL_CACHE_PROVIDER_OPTIONS"),
                                           Not(HasSubstr("s3cr3t")))));
}

TEST(WantedCompat, Words) {
  EXPECT_EQ(*wanted_compat(environment_of()), std::nullopt);
  EXPECT_EQ(*wanted_compat(environment_of({{"STILLAGE_COMPAT", ""}})), std::nullopt);
  EXPECT_EQ(*wanted_compat(environment_of({{"STILLAGE_COMPAT", "native"}})), Compat::none);
  EXPECT_EQ(*wanted_compat(environment_of({{"STILLAGE_COMPAT", "lage"}})), Compat::lage);
  const auto wrong = wanted_compat(environment_of({{"STILLAGE_COMPAT", "turbo"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "environment variable STILLAGE_COMPAT (or --compat) was set to an invalid value.\n"
            "Expected: native or lage\nReceived: turbo");
}

}  // namespace
}  // namespace stillage::config
