// SPDX-License-Identifier: MIT
#include "config/settings.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "config/byte_size.h"
#include "os/file.h"
#include "repo.h"

namespace stillage::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Settings, WithoutAConfigEverythingIsDefault) {
  const auto settings = Repo().settings();
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->config_file, "");
  EXPECT_TRUE(settings->pipeline.entries.empty());
  EXPECT_FALSE(settings->pipeline.defaults.outputs);
  EXPECT_FALSE(settings->cache_options.write_remote_cache);
  EXPECT_TRUE(settings->warnings.empty());
}

TEST(Settings, EveryOption) {
  const Repo repo;
  const auto settings = repo.with(R"({
    // comments and trailing commas are fine
    "$schema": "x",
    "pipeline": {
      "build": ["^build"],
      "test": {
        "type": "npmScript", "dependsOn": ["build", "^^build", "lib#build", "#setup"],
        "inputs": ["src/**", "^src/**", "!**/*.md"], "outputs": ["out/**", "!out/tmp"], "cache": false,
        "skipRemoteCache": true, "environmentGlob": ["tsconfig.json"], "env": ["CI", "VITE_*"],
        "passThroughEnv": ["HOME"], "envMode": "strict", "keyOn": ["os", "node"], "clean": false,
        "absolutePaths": "allow", "weight": 2.5, "priority": 7, "maxWorkers": 3, "shouldRun": false,
        "options": {"script": "test:unit", "nodeOptions": "--expose-gc", "taskArgs": ["--bail"], "extra": {"a": 1}},
        "stagedTarget": {"threshold": 10},
      },
      "//#setup": {"deps": ["lib#build"]},
      "lib#lint": {"type": "worker", "options": {"worker": "scripts/lint.js"}},
    },
    "cacheOptions": {
      "cacheStorageConfig": {"provider": "azure-blob", "options": {"connectionString": "secret", "container": "c",
        "maxSize": 1000, "credentialName": "azure-cli"}},
      "internalCacheFolder": ".cache", "outputGlob": ["lib/**"], "writeRemoteCache": true, "skipLocalCache": true,
      "environmentGlob": ["*.json"], "cacheKey": "v2", "incrementalCaching": true, "mode": "READ_ONLY",
      "localCacheSize": "10GB", "uploadWait": 2.5, "compat": "native", "clearOutput": true, "logLevel": "info"
    },
    "npmClient": "pnpm", "runScriptsWith": "client", "concurrency": 5, "normalizeLineEndings": true,
    "env": ["NODE_ENV"], "passThroughEnv": ["TERM"], "envMode": "loose", "keyOn": ["arch"], "clean": true,
    "absolutePaths": "bind", "priorities": [{"package": "app", "task": "build", "priority": 9}],
    "ignore": ["*.md"], "repoWideChanges": ["yarn.lock"], "allowNoTargetRuns": true,
    "enableTargetConfigMerging": false, "enablePhantomTargetOptimization": true, "reporter": ["json"],
    "reporters": {}, "loggerOptions": {}, "runners": {}, "workerIdleMemoryLimit": 1
  })");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->config_file, "stillage.config.json");
  EXPECT_EQ(task(*settings, "build").depends_on, Texts{"^build"});
  EXPECT_EQ(task(*settings, "build").origin, "stillage.config.json:5");

  const graph::TaskDefinition& test = task(*settings, "test");
  EXPECT_EQ(test.depends_on, (Texts{"build", "^^build", "lib#build", "#setup"}));
  EXPECT_EQ(test.inputs, (Texts{"src/**", "^src/**", "!**/*.md"}));
  EXPECT_EQ(test.outputs, (Texts{"out/**", "!out/tmp"}));
  EXPECT_FALSE(test.cache);
  EXPECT_TRUE(test.skip_remote_cache);
  EXPECT_EQ(test.environment_glob, Texts{"tsconfig.json"});
  EXPECT_EQ(test.env, (Texts{"CI", "VITE_*"}));
  EXPECT_EQ(test.pass_through_env, Texts{"HOME"});
  EXPECT_EQ(test.env_mode, EnvMode::strict);
  EXPECT_EQ(test.key_on, (Texts{"os", "node"}));
  EXPECT_EQ(test.clean, false);
  EXPECT_EQ(test.absolute_paths, AbsolutePaths::allow);
  EXPECT_EQ(test.weight, 3);
  EXPECT_EQ(test.priority, 7);
  EXPECT_EQ(test.max_workers, 3);
  EXPECT_FALSE(test.should_run);
  EXPECT_EQ(test.script, "test:unit");
  EXPECT_EQ(test.node_options, "--expose-gc");
  EXPECT_EQ(test.task_args, Texts{"--bail"});
  EXPECT_EQ(test.options_json, R"({"extra":{"a":1}})");
  EXPECT_EQ(task(*settings, "#setup").depends_on, Texts{"lib#build"});
  EXPECT_EQ(task(*settings, "lib#lint").worker, "scripts/lint.js");

  const CacheOptions& cache = settings->cache_options;
  EXPECT_EQ(cache.cache_storage_config->provider, "azure-blob");
  EXPECT_EQ(cache.cache_storage_config->options.at("container"), "c");
  EXPECT_EQ(cache.cache_storage_config->max_size, 1000U);
  EXPECT_EQ(cache.cache_storage_config->credential_name, "azure-cli");
  EXPECT_EQ(cache.internal_cache_folder, repo / ".cache");
  EXPECT_EQ(cache.output_glob, Texts{"lib/**"});
  EXPECT_TRUE(cache.write_remote_cache);
  EXPECT_TRUE(cache.skip_local_cache);
  EXPECT_EQ(cache.environment_glob, Texts{"*.json"});
  EXPECT_EQ(cache.cache_key, "v2");
  EXPECT_TRUE(cache.incremental_caching);
  EXPECT_EQ(cache.mode, CacheMode::read_only);
  EXPECT_EQ(cache.local_cache_size, 10'000'000'000U);
  EXPECT_EQ(cache.upload_wait, std::chrono::milliseconds(2500));

  EXPECT_EQ(settings->npm_client, "pnpm");
  EXPECT_EQ(settings->run_scripts_with, "client");
  EXPECT_EQ(settings->concurrency, 5);
  EXPECT_TRUE(settings->normalize_line_endings);
  EXPECT_TRUE(settings->allow_no_target_runs);
  EXPECT_EQ(settings->ignore, Texts{"*.md"});
  EXPECT_EQ(settings->repo_wide_changes, Texts{"yarn.lock"});
  const graph::TargetDefaults& defaults = settings->pipeline.defaults;
  EXPECT_EQ(defaults.outputs, Texts{"lib/**"});
  EXPECT_EQ(defaults.env, Texts{"NODE_ENV"});
  EXPECT_EQ(defaults.pass_through_env, Texts{"TERM"});
  EXPECT_EQ(defaults.key_on, Texts{"arch"});
  EXPECT_EQ(defaults.clean, true);
  ASSERT_EQ(settings->pipeline.priorities.size(), 1U);
  EXPECT_EQ(settings->pipeline.priorities[0].priority, 9);
  EXPECT_THAT(settings->warnings, testing::IsEmpty());
}

TEST(Settings, AnEmptyConfigIsAConfigWithoutAPipeline) {
  for (const char* const text : {"{}", "{\"pipeline\": null}", "// nothing\n{ }"}) {
    const auto settings = Repo().with(text);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->config_file, "stillage.config.json");
    EXPECT_TRUE(settings->pipeline.entries.empty());
  }
}

TEST(Settings, ErrorsNameFileLineAndRemedy) {
  const Repo repo;
  EXPECT_EQ(repo.error("{\n  \"pipelin\": {}\n}"),
            "stillage.config.json:2: pipelin is not an option: did you mean \"pipeline\"?");
  EXPECT_EQ(repo.error("{\"outputGlob\": []}"),
            "stillage.config.json:1: outputGlob is not an option: it belongs into \"cacheOptions\"");
  EXPECT_EQ(repo.error("{\n\"pipeline\": {\n\"build\": {\n\"output\": []}}}"),
            "stillage.config.json:4: pipeline.build.output is not an option: did you mean \"outputs\"?");
  EXPECT_EQ(repo.error("{\"cacheOptions\": {\n\"cachekey\": \"\"}}"),
            "stillage.config.json:2: cacheOptions.cachekey is not an option: did you mean \"cacheKey\"?");
  EXPECT_THAT(repo.error("{\n  \"pipeline\": {,}\n}"),
              StartsWith("stillage.config.json:2:16: not valid JSON"));
  EXPECT_EQ(repo.error("[]"), "stillage.config.json:1: a configuration must be an object");
  EXPECT_EQ(repo.error("{\"pipeline\": {\"build\": [\"^build\",\n 3]}}"),
            "stillage.config.json:2: pipeline.build[1] must be a text");
  EXPECT_EQ(repo.error("{\"pipeline\": {\"build\": \"^build\"}}"),
            "stillage.config.json:1: pipeline.build must be a list of what comes before, or an object");
  EXPECT_EQ(repo.error("{\"npmClient\": \"bun\"}"),
            "stillage.config.json:1: npmClient must be \"npm\" or \"yarn\" or \"pnpm\"");
  EXPECT_THAT(repo.error("{\"pipeline\": {\"build\": {\"type\": \"worker\"}}}"),
              HasSubstr("needs options.worker"));
}

TEST(Settings, KeysThatStandTwiceInOneObjectAreErrors) {
  const Repo repo;
  const auto twice = repo.with(
      "{\n\"pipeline\": {\n  \"build\": {\"outputs\": [\"dist/**\"],\n"
      "    // again\n    \"outputs\": []},\n  \"test\": {\"outputs\": []}\n}}");
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message,
              StartsWith("stillage.config.json:5: pipeline.build.outputs stands in the same object before"));
  const auto at_the_top = repo.with("{\"concurrency\": 2,\n\"pipeline\": {},\n\"concurrency\": 3}");
  ASSERT_FALSE(at_the_top);
  EXPECT_THAT(at_the_top.error().message, StartsWith("stillage.config.json:3: concurrency stands"));
  EXPECT_TRUE(repo.with(R"({"pipeline": {"a": {"outputs": []}, "b": {"outputs": []}}, "env": ["A", "A"]})"));
}

TEST(Settings, OutputsThatOnlyTakeAwayAreTold) {
  const Repo repo;
  const auto settings = repo.with(R"({"pipeline": {
    "build": {"outputs": ["!dist/tmp", "!x"]}, "pack": {"outputs": ["dist/**", "!dist/tmp"]},
    "odd": {"outputs": ["!(a)/**"]}, "log": {"outputs": []}}, "cacheOptions": {"outputGlob": ["!y"]}})");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(
      settings->warnings,
      ElementsAre(StartsWith("stillage.config.json:2: outputs of build: entries with \"!\" alone select "
                             "nothing"),
                  StartsWith("cacheOptions.outputGlob: ")));
}

TEST(Settings, OutputsStayInThePackage) {
  const Repo repo;
  for (const char* const glob :
       {"../dist/**", "/dist", "..", "a/../../b", "!../x", "{a,..}/b", "@(..|b)/c", ""}) {
    const std::string entry =
        std::string("{\"pipeline\": {\"build\": {\n\"outputs\": [\"lib/**\",\n\"") + glob;
    EXPECT_THAT(repo.error(entry + "\"]}}}"),
                StartsWith("stillage.config.json:3: pipeline.build.outputs[1] "))
        << glob;
    const std::string common = std::string("{\"cacheOptions\": {\n\"outputGlob\": [\"") + glob;
    EXPECT_THAT(repo.error(common + "\"]}}"),
                StartsWith("stillage.config.json:2: cacheOptions.outputGlob[0] "));
  }
  EXPECT_THAT(repo.error(R"({"pipeline": {"build": {"outputs": ["../dist/**"]}}})"),
              HasSubstr("\"../dist/**\""));
  EXPECT_TRUE(repo.with(R"({"pipeline": {"build": {"outputs": ["..foo/**", "a..b", "!lib/**", "./x"]}}})"));
}

TEST(Settings, WrongTypesAreErrors) {
  const Repo repo;
  for (const char* const member : {R"("dependsOn": "build")",
                                   R"("inputs": {})",
                                   R"("outputs": [1])",
                                   R"("cache": "no")",
                                   R"("env": ["A=B"])",
                                   R"("env": ["A*B"])",
                                   R"("env": [""])",
                                   R"("envMode": "lax")",
                                   R"("keyOn": ["cpu"])",
                                   R"("clean": 1)",
                                   R"("absolutePaths": true)",
                                   R"("weight": -1)",
                                   R"("weight": "2")",
                                   R"("weight": 1e300)",
                                   R"("maxWorkers": 0)",
                                   R"("shouldRun": "x")",
                                   R"("options": [])",
                                   R"("options": {"taskArgs": "x"})",
                                   R"("type": 3)",
                                   R"("inputs": ["a\u0000b"])"})
    EXPECT_THAT(repo.error(std::string("{\"pipeline\": {\"build\": {\n") + member + "}}}"),
                StartsWith("stillage.config.json:2: pipeline.build."))
        << member;
  for (const char* const member :
       {R"("pipeline": [])", R"("cacheOptions": [])", R"("concurrency": 0)", R"("concurrency": "4")",
        R"("normalizeLineEndings": 1)", R"("cacheOptions": {"localCacheSize": "big"})",
        R"("cacheOptions": {"localCacheSize": -1})", R"("cacheOptions": {"uploadWait": -1})",
        R"("cacheOptions": {"uploadWait": "60"})", R"("cacheOptions": {"uploadWait": 1e9})",
        R"("cacheOptions": {"mode": "read"})", R"("cacheOptions": {"cacheStorageConfig": {"provider": ""}})",
        R"("cacheOptions": {"cacheStorageConfig": {"provider": "x", "options": 1}})", R"("priorities": {})",
        R"("priorities": [{"priority": "x"}])", R"("runScriptsWith": "npm")", R"("pipeline": {"": []})",
        R"("pipeline": {"a#": []})"})
    EXPECT_THAT(repo.error(std::string("{\n") + member + "}"), StartsWith("stillage.config.json:2: "))
        << member;
}

TEST(Settings, TheFormatIsTheEnvironmentsBeforeTheConfigurations) {
  const Repo repo;
  const std::string lage = R"({"cacheOptions": {"compat": "lage"}})";
  EXPECT_EQ(repo.with("{}")->cache_options.compat, Compat::none);
  EXPECT_EQ(repo.with(lage)->cache_options.compat, Compat::lage);
  EXPECT_EQ(repo.with(lage, {{"STILLAGE_COMPAT", "native"}})->cache_options.compat, Compat::none);
  EXPECT_EQ(repo.with("{}", {{"STILLAGE_COMPAT", "lage"}})->cache_options.compat, Compat::lage);
  EXPECT_THAT(repo.error("{}", {{"STILLAGE_COMPAT", "turbo"}}), HasSubstr("native or lage"));
  EXPECT_THAT(repo.error(R"({"cacheOptions": {"compat": "turbo"}})"), HasSubstr("\"lage\""));
}

TEST(Settings, PackagesWithoutTheScriptArePassedOverInLagesFormatOnly) {
  const Repo repo;
  const std::string text = R"({"enablePhantomTargetOptimization": true})";
  EXPECT_FALSE(repo.with(text)->pipeline.passes_over_missing_scripts);
  EXPECT_TRUE(repo.with(text, {{"STILLAGE_COMPAT", "lage"}})->pipeline.passes_over_missing_scripts);
}

TEST(Settings, PackagesOverrideThePipeline) {
  const Repo repo;
  repo.write("packages/app/package.json",
             "{\"name\": \"app\", \"scripts\": {\"build\": \"b\"},\n\"stillage\": {\n\"build\": {\"cache\": "
             "false}}}");
  repo.write("packages/lib/package.json", R"({"name": "lib", "lage": {"build": [], "odd": {"unknown": 1}}})");
  const auto settings = repo.with(R"({"pipeline": {"build": ["^build"]}})");
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_EQ(settings->pipeline.entries.size(), 4U);
  EXPECT_EQ(settings->pipeline.entries[1].first, "app#build");
  EXPECT_FALSE(task(*settings, "app#build").cache);
  EXPECT_EQ(task(*settings, "app#build").origin, "packages/app/package.json:3");
  EXPECT_EQ(task(*settings, "lib#build").depends_on, Texts());
  // What lage's own field may hold is lage's affair.
  EXPECT_THAT(settings->warnings, ElementsAre(HasSubstr("packages/lib/package.json:1: odd.unknown")));

  repo.write("packages/app/package.json",
             "{\"name\": \"app\",\n\"stillage\": {\n\"build\": {\"outptus\": []}}}");
  EXPECT_THAT(repo.error("{}"), HasSubstr("packages/app/package.json:3: "));
  EXPECT_THAT(repo.error("{}"), HasSubstr("did you mean \"outputs\"?"));
  repo.write("packages/app/package.json", R"({"name": "app", "stillage": {"lib#build": []}})");
  EXPECT_THAT(repo.error("{}"), HasSubstr("must be a task of this package"));
}

TEST(Settings, EntriesOfUnknownPackagesAreErrors) {
  EXPECT_EQ(Repo().error("{\"pipeline\": {\n\"ap#build\": []}}"),
            "stillage.config.json:2: there is no package \"ap\"; did you mean \"app\"?");
  EXPECT_TRUE(Repo().with("{\"pipeline\": {\"#build\": [], \"//#test\": [], \"app#nothing\": []}}"));
}

TEST(Settings, MergingLaysLaterEntriesOverEarlierOnes) {
  const Repo repo;
  repo.write("packages/app/package.json",
             R"({"name": "app", "stillage": {"build": {"inputs": ["extra/**"], "weight": 4}}})");
  const std::string text = R"({"enableTargetConfigMerging": true, "pipeline": {
    "build": {"dependsOn": ["^build"], "inputs": ["src/**"], "outputs": ["lib/**"], "options": {"a": {"x": 1}}},
    "lib#build": {"dependsOn": ["lint"], "options": {"a": {"y": 2}}},
    "lib#test": ["build"],
    "test": {"cache": false, "dependsOn": ["^test"]}
  }})";
  const auto settings = repo.with(text);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(task(*settings, "app#build").inputs, (Texts{"src/**", "extra/**"}));
  EXPECT_EQ(task(*settings, "app#build").depends_on, Texts{"^build"});
  EXPECT_EQ(task(*settings, "app#build").weight, 4);
  EXPECT_EQ(task(*settings, "lib#build").depends_on, (Texts{"^build", "lint"}));
  EXPECT_EQ(task(*settings, "lib#build").outputs, Texts{"lib/**"});
  EXPECT_EQ(task(*settings, "lib#build").options_json, R"({"a":{"x":1,"y":2}})");
  // A general entry that comes later lies over the package's, too.
  EXPECT_EQ(task(*settings, "lib#test").depends_on, (Texts{"build", "^test"}));
  EXPECT_FALSE(task(*settings, "lib#test").cache);
  EXPECT_EQ(task(*settings, "test").depends_on, Texts{"^test"});
  // The last entry that fits lib#test is its own again: later entries win.
  EXPECT_EQ(settings->pipeline.entries[settings->pipeline.entries.size() - 2].first, "lib#test");
}

TEST(Settings, TheEnvironmentOverrides) {
  const Repo repo;
  const auto cache = [&](const Variables& variables) {
    const auto settings = repo.with(
        R"({"cacheOptions": {"internalCacheFolder": "a", "mode": "PASS", "localCacheSize": 5, "outputGlob": ["lib/**"]}})",
        variables);
    EXPECT_TRUE(settings) << settings.error().message;
    return settings ? settings->cache_options : CacheOptions();
  };
  EXPECT_EQ(cache({}).internal_cache_folder, repo / "a");
  EXPECT_EQ(cache({}).mode, CacheMode::pass);
  EXPECT_EQ(cache({{"BACKFILL_INTERNAL_CACHE_FOLDER", "b"}}).internal_cache_folder, repo / "b");
  EXPECT_EQ(
      cache({{"BACKFILL_INTERNAL_CACHE_FOLDER", "b"}, {"STILLAGE_CACHE_DIR", "/c"}}).internal_cache_folder,
      "/c");
  EXPECT_EQ(cache({{"STILLAGE_LOCAL_CACHE_SIZE", "1MiB"}}).local_cache_size, 1048576U);
  EXPECT_EQ(cache({}).upload_wait, std::chrono::seconds(60));
  EXPECT_EQ(cache({{"STILLAGE_UPLOAD_WAIT", "0.25"}}).upload_wait, std::chrono::milliseconds(250));
  EXPECT_EQ(cache({{"STILLAGE_UPLOAD_WAIT", "0"}}).upload_wait, std::chrono::milliseconds(0));
  EXPECT_EQ(cache({{"STILLAGE_CACHE_MODE", "READ_ONLY"}}).mode, CacheMode::read_only);
  EXPECT_EQ(cache({{"BACKFILL_MODE", "WRITE_ONLY"}}).mode, CacheMode::write_only);
  EXPECT_EQ(cache({{"BACKFILL_MODE", ""}}).mode, CacheMode::pass) << "empty is unset";
  EXPECT_EQ(cache({{"BACKFILL_OUTPUT_GLOB", "[\"x/**\"]"}}).output_glob, Texts{"x/**"});
  EXPECT_TRUE(cache({{"BACKFILL_INCREMENTAL_CACHING", "true"}}).incremental_caching);
  EXPECT_EQ(repo.with("{}", {{"STILLAGE_CONCURRENCY", "3"}})->concurrency, 3);

  EXPECT_THAT(repo.error("{}", {{"STILLAGE_CACHE_MODE", "x"}}), HasSubstr("STILLAGE_CACHE_MODE"));
  EXPECT_THAT(repo.error("{}", {{"STILLAGE_LOCAL_CACHE_SIZE", "x"}}), HasSubstr("10GB"));
  for (const char* const bad : {"x", "1m", "-1", "nan", "100000", "5 "})
    EXPECT_THAT(repo.error("{}", {{"STILLAGE_UPLOAD_WAIT", bad}}), HasSubstr("a number of seconds")) << bad;
  EXPECT_THAT(repo.error("{}", {{"BACKFILL_OUTPUT_GLOB", "lib"}}), HasSubstr("BACKFILL_OUTPUT_GLOB"));
  EXPECT_THAT(repo.error("{}", {{"BACKFILL_OUTPUT_GLOB", "[\"../lib\"]"}}),
              HasSubstr("leads out of the package"));
  EXPECT_THAT(repo.error("{}", {{"STILLAGE_CONCURRENCY", "0"}}), HasSubstr("STILLAGE_CONCURRENCY"));
}

TEST(Settings, AbsolutePathsOfWorkersDoNotTellWhereTheCheckoutLies) {
  const Repo repo;
  const auto settings =
      repo.with("{\"pipeline\": {\"lint\": {\"type\": \"worker\", \"options\": {\"script\": \"" +
                (repo / "scripts/../tools/lint.js") + "\"}}}}");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(task(*settings, "lint").worker, "tools/lint.js");
  EXPECT_EQ(task(*settings, "lint").script, "");
}

TEST(ByteSize, NumbersWithUnits) {
  EXPECT_EQ(parse_byte_size("10"), 10U);
  EXPECT_EQ(parse_byte_size("10 B"), 10U);
  EXPECT_EQ(parse_byte_size("1.5kB"), 1500U);
  EXPECT_EQ(parse_byte_size("2m"), 2'000'000U);
  EXPECT_EQ(parse_byte_size("10GB"), 10'000'000'000U);
  EXPECT_EQ(parse_byte_size(" 1 GiB "), 1U << 30);
  EXPECT_EQ(parse_byte_size("1TiB"), std::uint64_t{1} << 40);
  for (const char* const text : {"", "GB", "-1", "1XB", "1GBs", "1e3", "9999999999TB", "nan", "inf", "0x10"})
    EXPECT_FALSE(parse_byte_size(text)) << text;
}

/// The names of an object's properties in the published schema.
Texts schema_keys(const base::Json& properties) {
  Texts keys;
  for (const auto& [key, value] : properties.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

TEST(Schema, HasTheOptionsThatAreRead) {
  const auto text = os::read_file(std::string(STILLAGE_SOURCE) + "/docs/stillage.schema.json");
  ASSERT_TRUE(text) << text.error().message;
  const auto schema = base::parse_json(*text, "schema");
  ASSERT_TRUE(schema) << schema.error().message;
  const Repo repo;
  const auto expect_known = [&](const base::Json& properties, const std::string& before,
                                const std::string& after) {
    for (const std::string& key : schema_keys(properties)) {
      const auto settings = repo.with(before + "\"" + key + "\": null" + after);
      EXPECT_TRUE(settings) << key << " is in the schema: " << settings.error().message;
      EXPECT_THAT(repo.error(before + "\"" + key + "_\": null" + after),
                  HasSubstr("did you mean \"" + key + "\"?"));
    }
  };
  EXPECT_GT(schema->at("properties").size(), 15U);
  expect_known(schema->at("properties"), "{", "}");
  expect_known(schema->at("$defs").at("cacheOptions").at("properties"), "{\"cacheOptions\": {", "}}");
  expect_known(schema->at("$defs").at("task").at("properties"), "{\"pipeline\": {\"build\": {", "}}}");
}

}  // namespace
}  // namespace stillage::config
