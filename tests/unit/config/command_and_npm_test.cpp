// SPDX-License-Identifier: MIT
// The options of the providers that start programs.
#include <gmock/gmock.h>

#include "blob/command_store.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What opening such a store says: its name, or the error.
std::string opened(const std::string& provider, std::map<std::string, std::string> options,
                   Requests requests = Requests::best) {
  CacheStorageConfig storage;
  storage.provider = provider;
  storage.options = std::move(options);
  const run::Environment environment;
  const auto store =
      open_blob_store(storage, {.root = "/repo", .environment = environment, .requests = requests});
  return store ? (*store)->name() : "error: " + store.error().message;
}

TEST(NpmProvider, TakesTheOptionsOfBackfill) {
  const std::map<std::string, std::string> options{{"npmPackageName", "@team/cache"},
                                                   {"registryUrl", "https://npm.test"},
                                                   {"npmrcUserconfig", ".npmrc.cache"},
                                                   {"timeout", "5"}};
  for (const Requests requests : {Requests::best, Requests::as_backfill})
    EXPECT_EQ(opened("npm", options, requests), "the npm registry https://npm.test/ (package @team/cache)");
}

TEST(NpmProvider, SaysWhichOptionIsWrong) {
  std::map<std::string, std::string> options{{"npmPackageName", "cache"}};
  EXPECT_THAT(opened("npm", options), HasSubstr("options.registryUrl (npm) is missing"));
  options["registryUrl"] = "https://user:hunter2@npm.test";
  EXPECT_THAT(opened("npm", options),
              AllOf(HasSubstr("registryUrl"), HasSubstr("npmrcUserconfig"), Not(HasSubstr("hunter2"))));
  options["registryUrl"] = "https://npm.test";
  options["timeout"] = "0";
  EXPECT_THAT(opened("npm", options), HasSubstr("options.timeout"));
  options["timeout"] = "5";
  options["npmPackageName"] = "--registry";
  EXPECT_THAT(opened("npm", options), HasSubstr("options.npmPackageName"));
  options["npmPackageName"] = "cache";
  options["token"] = "hunter2";
  EXPECT_THAT(opened("npm", options), AllOf(HasSubstr("options.token"), Not(HasSubstr("hunter2"))));
}

TEST(CommandProvider, TakesAListOfTexts) {
  EXPECT_EQ(opened("command",
                   {{"command", R"(["./cache.py","/mnt"])"}, {"env.TOKEN", "hunter2"}, {"timeout", "3"}}),
            "the command ./cache.py");
  for (const char* const wrong : {"./cache.py /mnt", "[]", "[\"\"]", "[1]", "{}", "[\"a\\u0000b\"]"})
    EXPECT_THAT(opened("command", {{"command", wrong}}), HasSubstr("options.command")) << wrong;
  EXPECT_THAT(opened("command", {}), HasSubstr("options.command (command) is missing"));
  EXPECT_THAT(opened("command", {{"command", "[\"x\"]"}, {"env.A=B", "hunter2"}}),
              AllOf(HasSubstr("env.A=B"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace stillage::config
