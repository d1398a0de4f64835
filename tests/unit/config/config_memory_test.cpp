// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "config/config_search.h"
#include "os/file.h"
#include "os/process.h"
#include "repo.h"

namespace stillage::config {
namespace {

/// A repository whose Node counts how often it is started, and a cache folder of its own.
class ConfigMemory : public testing::Test {
 protected:
  ConfigMemory() {
    ::setenv("XDG_CACHE_HOME", (home_ / "cache").c_str(), 1);
    const auto node = os::find_program("node", std::getenv("PATH"), "/");
    install_node("exec " + node.value_or("node") + " \"$@\"");
    variables_["PATH"] = (home_ / "bin") + ":/usr/bin:/bin";
  }
  ~ConfigMemory() override { ::unsetenv("XDG_CACHE_HOME"); }

  void install_node(const std::string& command) {
    home_.write("bin/node", "#!/bin/sh\necho x >> " + (home_ / "starts") + "\n" + command + "\n");
    ::chmod((home_ / "bin/node").c_str(), 0755);
  }

  std::size_t starts() const { return home_.exists("starts") ? home_.read("starts").size() / 2 : 0; }

  /// The value of the configuration, as text; adds to starts() if Node was asked.
  std::string value() {
    // What was written within a tick of the clock is not trusted: be older.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto found = find_config(repo_.path(), environment_of(variables_));
    return found ? base::to_text(found->source.value) : "error: " + found.error().message;
  }

  /// Whether Node is asked again for the same configuration.
  bool is_evaluated_again() {
    const std::string first = value();
    const std::size_t before = starts();
    EXPECT_EQ(value(), first);
    return starts() > before;
  }

  void config(const std::string& text) { repo_.write("lage.config.js", text); }

  Repo repo_;
  test::TempDir home_;
  Variables variables_;
};

TEST_F(ConfigMemory, APlainConfigurationIsEvaluatedOnce) {
  config(
      "/** @type {import('lage').ConfigOptions} */\nconst path = require('path');\n"
      "module.exports = { concurrency: path.join('a', 'b').length };");
  EXPECT_FALSE(is_evaluated_again());
  EXPECT_EQ(value(), R"({"concurrency":3})");
  EXPECT_EQ(starts(), 1U);
}

TEST_F(ConfigMemory, AnEditIsSeen) {
  config("module.exports = { concurrency: 1 };");
  value();
  config("module.exports = { concurrency: 2 };");
  EXPECT_EQ(value(), R"({"concurrency":2})");
}

TEST_F(ConfigMemory, FilesThatItLoadsCount) {
  repo_.write("part.js", "module.exports = 1;");
  config("module.exports = { concurrency: require('./part') };");
  EXPECT_FALSE(is_evaluated_again());
  repo_.write("part.js", "module.exports = 2;");
  EXPECT_EQ(value(), R"({"concurrency":2})");
  EXPECT_FALSE(is_evaluated_again());
  repo_.write("part", "module.exports = 3;");  // Node takes the exact name first
  EXPECT_EQ(value(), R"({"concurrency":3})");
}

TEST_F(ConfigMemory, HowNodeReadsTheFileCounts) {
  config("module.exports = { concurrency: 1 };");
  value();
  repo_.write("package.json", R"({"name": "root", "type": "module"})");
  EXPECT_THAT(value(), testing::StartsWith("error: "));
}

TEST_F(ConfigMemory, VariablesThatItAskedForCountAndNoOthers) {
  config("module.exports = { concurrency: process.env.FAST ? 8 : 1 };");
  EXPECT_FALSE(is_evaluated_again());
  variables_["OTHER"] = "1";
  EXPECT_FALSE(is_evaluated_again());
  const std::size_t before = starts();
  variables_["FAST"] = "1";
  EXPECT_EQ(value(), R"({"concurrency":8})");
  EXPECT_GT(starts(), before);
  variables_.erase("FAST");
  EXPECT_EQ(value(), R"({"concurrency":1})");
}

TEST_F(ConfigMemory, WhoAsksForAllVariablesDependsOnAll) {
  config(
      "module.exports = { concurrency: Object.keys(process.env).filter((k) => k.startsWith('FAST')).length + "
      "1 };");
  EXPECT_FALSE(is_evaluated_again());
  variables_["FASTER"] = "1";
  EXPECT_EQ(value(), R"({"concurrency":2})");
}

TEST_F(ConfigMemory, AnotherNodeIsAsked) {
  config("module.exports = { concurrency: 1 };");
  value();
  install_node("exec " + os::find_program("node", std::getenv("PATH"), "/").value_or("node") +
               " \"$@\" # new");
  const std::size_t before = starts();
  value();
  EXPECT_GT(starts(), before);
}

TEST_F(ConfigMemory, WhateverCanComeOutOtherwiseIsEvaluatedEachTime) {
  repo_.write("node_modules/pkg/index.js", "module.exports = 1;");
  repo_.write("folder/index.js", "module.exports = 1;");
  repo_.write("text.txt", "x");
  for (const char* const part : {"require('fs').existsSync('text.txt')",
                                 "require('node:fs').readFileSync('text.txt', 'utf8')",
                                 "require('os').cpus().length",
                                 "require('child_process').execSync('true').length",
                                 "Date.now() > 0",
                                 "new Date().getTime() > 0",
                                 "Math.random() < 2",
                                 "performance.now() > 0",
                                 "process.uptime() > 0",
                                 "process.hrtime().length",
                                 "crypto.randomUUID().length",
                                 "require('crypto').randomInt(5) < 9",
                                 "require('pkg')",
                                 "require('./folder')",
                                 "require.resolve('./text.txt').length",
                                 "typeof fetch",
                                 "console.log('told')",
                                 "process.stdout.write('') ",
                                 "(process.env.X = '1')",
                                 "module.constructor._load('fs').existsSync('x')",
                                 "process.binding === undefined",
                                 "new Intl.DateTimeFormat().resolvedOptions().timeZone"}) {
    config("const part = " + std::string(part) +
           ";\nmodule.exports = { cacheOptions: { cacheKey: String(part === 0) } };");
    EXPECT_TRUE(is_evaluated_again()) << part;
  }
  config("module.exports = import('fs').then((fs) => ({ concurrency: fs.existsSync('text.txt') ? 1 : 2 }));");
  EXPECT_TRUE(is_evaluated_again());
  config(
      "let other; try { other = require('./missing'); } catch {}\nmodule.exports = { concurrency: other ?? 1 "
      "};");
  EXPECT_TRUE(is_evaluated_again());
}

TEST_F(ConfigMemory, FunctionsAreAskedOfANodeThatEachRunStarts) {
  config("module.exports = { pipeline: { build: { weight: () => 1 } } };");
  for (int run = 0; run < 2; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto found = find_config(repo_.path(), environment_of(variables_));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->script.has_value());
  }
  config("module.exports = { pipeline: { build: { weight: 1 } } };");
  value();
  const auto found = find_config(repo_.path(), environment_of(variables_));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->script.has_value());
}

TEST_F(ConfigMemory, NothingThatMayBeSecretIsWrittenDown) {
  variables_["TOKEN"] = "very-secret-token";
  for (const char* const text :
       {"module.exports = { cacheOptions: { cacheKey: process.env.TOKEN } };",
        "module.exports = { cacheOptions: { cacheKey: Object.values(process.env).join() } };",
        "module.exports = { cacheOptions: { cacheStorageConfig: { provider: 'azure-blob', options: { "
        "connectionString: "
        "'very-' + 'secret-token' } } } };"}) {
    config(text);
    EXPECT_TRUE(is_evaluated_again()) << text;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_.path())) {
      if (!entry.is_regular_file()) continue;
      EXPECT_EQ(os::read_file(entry.path().string())->find("very-secret-token"), std::string::npos)
          << entry.path();
    }
  }
}

TEST_F(ConfigMemory, ESModulesThatImportNothingAreRememberedOthersAreNot) {
  repo_.write("lage.config.mjs", "export default { concurrency: 4 };");
  EXPECT_FALSE(is_evaluated_again());
  repo_.write("part.mjs", "export default 4;");
  repo_.write("lage.config.mjs", "import four from './part.mjs';\nexport default { concurrency: four };");
  EXPECT_TRUE(is_evaluated_again());
}

TEST_F(ConfigMemory, AConfigurationThatIsALinkFollowsIt) {
  repo_.write("one/config.js", "module.exports = { concurrency: require('./part') };");
  repo_.write("one/part.js", "module.exports = 1;");
  repo_.write("two/config.js", "module.exports = { concurrency: require('./part') };");
  repo_.write("two/part.js", "module.exports = 2;");
  std::filesystem::create_symlink("one/config.js", repo_ / "lage.config.js");
  EXPECT_EQ(value(), R"({"concurrency":1})");
  std::filesystem::remove(repo_ / "lage.config.js");
  std::filesystem::create_symlink("two/config.js", repo_ / "lage.config.js");
  EXPECT_EQ(value(), R"({"concurrency":2})");
}

TEST_F(ConfigMemory, ADamagedMemoryIsMadeAnew) {
  config("module.exports = { concurrency: 1 };");
  const std::string right = value();
  for (const auto& entry : std::filesystem::directory_iterator(home_ / "cache/stillage/configs"))
    ASSERT_TRUE(os::write_file_atomic(entry.path().string(), "STLG damaged"));
  EXPECT_EQ(value(), right);
  EXPECT_FALSE(is_evaluated_again());
}

}  // namespace
}  // namespace stillage::config
