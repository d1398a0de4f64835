// SPDX-License-Identifier: MIT
#include "run/script_commands.h"

#include <gmock/gmock.h>

#include "run/shell_quote.h"
#include "support/temp_dir.h"

namespace stillage::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Environment, StrictModeShowsWhatIsDeclaredAndTheBase) {
  Target target;
  target.env = {"FLAVOUR", "VITE_*"};
  target.pass_through_env = {"TOKEN"};
  const Environment callers({"PATH=/bin", "HOME=/h", "LC_ALL=C", "FLAVOUR=x", "VITE_A=1", "VITE=2", "TOKEN=t",
                             "OTHER=o", "nonsense", "FLAVOUR=second"});
  EXPECT_EQ(visible_environment(callers, target).list().size(), 8U);
  target.env_mode = EnvMode::strict;
  EXPECT_THAT(visible_environment(callers, target).list(),
              ElementsAre("FLAVOUR=x", "HOME=/h", "LC_ALL=C", "PATH=/bin", "TOKEN=t", "VITE_A=1"));
}

TEST(Environment, NeverHoldsWhatAProcessCannotBeGiven) {
  Environment environment;
  environment.set("A", std::string("x\0y", 3));
  environment.set("", "empty");
  environment.set("B=C", "equals");
  EXPECT_THAT(environment.list(), ElementsAre("A=x"));
}

TEST(ShellQuote, KeepsWordsAsTheClientsDo) {
  const std::vector<std::string> args = {"plain", "a b", "it's", "", "$HOME", "x\"y", "*", "--f=1"};
  EXPECT_EQ(quote_like_npm(args), R"(plain 'a b' 'it'\''s' '' '$HOME' 'x"y' '*' --f=1)");
  EXPECT_EQ(quote_like_pnpm(args), R"(plain 'a b' "it's" '' \$HOME 'x"y' \* --f\=1)");
}

class Scripts : public testing::Test {
 protected:
  Scripts() {
    workspace_.root = dir_.path();
    workspace_.client = "npm";
    workspace_.manager = workspace::PackageManager::npm;
    package_.name = "@s/a";
    package_.dir = "packages/a";
    package_.scripts = {
        {"prebuild", "echo pre"}, {"build", "echo main"}, {"postbuild", "echo post"}, {"lint", "true"}};
    dir_.write("packages/a/package.json",
               R"({"name": "@s/a", "version": "1.2.3", "config": {"port": 8080}})");
    node_.target.id = "@s/a#build";
    node_.target.package_name = "@s/a";
    node_.target.task = "build";
    node_.target.cwd = dir_ / "packages/a";
    node_.package = 0;
    node_.type = "npmScript";
  }

  ScriptCommands commands(ScriptOptions options = {}) {
    workspace_.packages = {package_};
    workspace_.reindex();
    return ScriptCommands(workspace_, std::move(options), Environment(callers_));
  }
  std::vector<std::string> titles(const ScriptCommands& commands) {
    std::vector<std::string> result;
    const auto steps = commands.steps(node_);
    if (!steps) return {steps.error().message};
    for (const Step& step : *steps) result.push_back(step.title);
    return result;
  }
  std::string variable(const Step& step, const std::string& name) {
    return Environment(step.process.env).value_or(name, "(unset)");
  }

  const ScriptOptions colour{"", "", true};
  const ScriptOptions through_client{"", "client", false};
  const ScriptOptions like_lage{"", "", false, true};
  test::TempDir dir_;
  workspace::Workspace workspace_;
  workspace::Package package_;
  graph::Node node_;
  std::vector<std::string> callers_ = {"PATH=/usr/bin:/bin", "HOME=/nowhere"};
};

TEST_F(Scripts, RunWithTheirPreAndPostScripts) {
  const auto steps = commands().steps(node_);
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 3U);
  EXPECT_THAT((*steps)[0].process.argv, ElementsAre("sh", "-c", "echo pre"));
  EXPECT_EQ((*steps)[1].process.cwd, dir_ / "packages/a");
  EXPECT_EQ(variable((*steps)[0], "npm_lifecycle_event"), "prebuild");
  EXPECT_EQ(variable((*steps)[1], "npm_lifecycle_script"), "echo main");
  EXPECT_EQ(variable((*steps)[1], "npm_package_config_port"), "8080");
  EXPECT_EQ(variable((*steps)[1], "INIT_CWD"), dir_ / "packages/a");
  EXPECT_EQ(variable((*steps)[1], "LAGE_TASK"), "build");
  EXPECT_TRUE(variable((*steps)[1], "PATH")
                  .starts_with((dir_ / "packages/a/node_modules/.bin:") +
                               (dir_ / "packages/node_modules/.bin:") + (dir_ / "node_modules/.bin:")));
  EXPECT_TRUE(variable((*steps)[1], "PATH").ends_with(":/usr/bin:/bin"));
}

TEST_F(Scripts, GetArgumentsInTheMainOneOnly) {
  node_.target.args = {"a b", "c"};
  const auto steps = commands().steps(node_);
  EXPECT_EQ((*steps)[0].process.argv[2], "echo pre");
  EXPECT_EQ((*steps)[1].process.argv[2], "echo main 'a b' c");
  EXPECT_EQ((*steps)[2].process.argv[2], "echo post");
}

TEST_F(Scripts, AnotherScriptThanTheTaskMayBeNamed) {
  node_.script = "lint";
  EXPECT_THAT(titles(commands()), ElementsAre("lint"));
  node_.script = "missing";
  EXPECT_THAT(titles(commands()), ElementsAre(HasSubstr("there is no script \"missing\"")));
}

TEST_F(Scripts, AnOuterScriptsVariablesDoNotLeakIn) {
  callers_.push_back("npm_package_bin_outer=x");
  callers_.push_back("npm_lifecycle_event=outer");
  const auto steps = commands().steps(node_);
  EXPECT_EQ(variable((*steps)[1], "npm_package_bin_outer"), "(unset)");
  EXPECT_EQ(variable((*steps)[1], "npm_lifecycle_event"), "build");
}

TEST_F(Scripts, NodeOptionsAreAdded) {
  node_.node_options = "--max-old-space-size=100";
  EXPECT_EQ(variable((*commands().steps(node_))[1], "NODE_OPTIONS"), "--max-old-space-size=100");
  callers_.push_back("NODE_OPTIONS=--inspect");
  EXPECT_EQ(variable((*commands().steps(node_))[1], "NODE_OPTIONS"), "--inspect --max-old-space-size=100");
}

TEST_F(Scripts, ColourIsAskedForOnlyOnATerminal) {
  EXPECT_EQ(variable((*commands().steps(node_))[1], "FORCE_COLOR"), "(unset)");
  EXPECT_EQ(variable((*commands(colour).steps(node_))[1], "FORCE_COLOR"), "1");
  callers_.push_back("NO_COLOR=1");
  EXPECT_EQ(variable((*commands(colour).steps(node_))[1], "FORCE_COLOR"), "(unset)");
}

TEST_F(Scripts, PnpmRunsPreAndPostByItsVersionAndSettings) {
  workspace_.client = "pnpm";
  for (const auto& [version, expected] : {std::pair("8.15.9", 1U), {"9.0.0", 3U}, {"10.1.0", 3U}}) {
    dir_.write("tools/pnpm/package.json", std::string(R"({"name": "pnpm", "version": ")") + version + "\"}");
    dir_.write("tools/pnpm/bin/pnpm.cjs", "", 0755);
    if (!dir_.exists("bin/pnpm")) dir_.symlink("bin/pnpm", dir_ / "tools/pnpm/bin/pnpm.cjs");
    callers_ = {"PATH=" + (dir_ / "bin"), "HOME=/nowhere"};
    EXPECT_EQ(titles(commands()).size(), expected) << version;
  }
  dir_.write(".npmrc", "enable-pre-post-scripts=false\n");
  EXPECT_THAT(titles(commands()), ElementsAre("build"));
  dir_.write(".npmrc", "");
  dir_.write("pnpm-workspace.yaml", "packages:\n  - packages/*\nenablePrePostScripts: false\n");
  EXPECT_THAT(titles(commands()), ElementsAre("build"));
}

TEST_F(Scripts, PnpmLeavesAPreScriptToTheScriptThatMentionsIt) {
  workspace_.client = "pnpm";
  package_.scripts = {
      {"prebuild", "echo pre"}, {"build", "pnpm prebuild && echo main"}, {"postbuild", "echo post"}};
  EXPECT_THAT(titles(commands()), ElementsAre("build", "postbuild"));
}

TEST_F(Scripts, SettingsThatAreNotImitatedMeanTheClient) {
  EXPECT_EQ(commands().through_client_because(), "");
  for (const char* const line : {"script-shell=/bin/bash", "shell-emulator = true", "ignore-scripts",
                                 "node-options=--x", "; comment\n  script-shell = \"/bin/bash\""}) {
    dir_.write(".npmrc", std::string(line) + "\n");
    EXPECT_NE(commands().through_client_because(), "") << line;
  }
  for (const char* const line :
       {"# script-shell=/bin/bash", "ignore-scripts=false", "save-exact=true", "[section]\nscript-shell=x"}) {
    dir_.write(".npmrc", std::string(line) + "\n");
    EXPECT_EQ(commands().through_client_because(), "") << line;
  }
  callers_.push_back("npm_config_script_shell=/bin/bash");
  EXPECT_NE(commands().through_client_because(), "");
  callers_.pop_back();
  dir_.write(".pnp.cjs", "");
  EXPECT_THAT(commands().through_client_because(), HasSubstr(".pnp.cjs"));
}

TEST_F(Scripts, YarnBerryAndTheOptionMeanTheClient) {
  EXPECT_NE(commands(through_client).through_client_because(), "");
  workspace_.client = "yarn";
  workspace_.manager = workspace::PackageManager::berry;
  node_.target.args = {"--x", "y z"};
  const auto steps = commands().steps(node_);
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 1U);
  EXPECT_THAT((*steps)[0].process.argv, ElementsAre("yarn", "run", "build", "--x", "y z"));
  workspace_.manager = workspace::PackageManager::npm;
  workspace_.client = "npm";
  EXPECT_THAT((*commands(through_client).steps(node_))[0].process.argv,
              ElementsAre("npm", "run", "build", "--", "--x", "y z"));
}

TEST_F(Scripts, AsLageStartsThemNpmRunsThemWhateverTheLockFileSays) {
  workspace_.client = "yarn";
  node_.target.args = {"--x"};
  EXPECT_THAT((*commands(like_lage).steps(node_))[0].process.argv,
              ElementsAre("npm", "run", "build", "--", "--x"));
  const ScriptOptions with_yarn{"yarn", "", false, true};
  EXPECT_THAT((*commands(with_yarn).steps(node_))[0].process.argv,
              ElementsAre("yarn", "run", "build", "--", "--x"));
}

TEST_F(Scripts, SettingsOfNpmrcAreHandedOnButNoCredentials) {
  dir_.write(
      ".npmrc",
      "save-exact=true\nfund=false\n//host/:_authToken=secret\n_auth=secret\n@s:registry=x\nproxy=${P}/q\n");
  callers_.push_back("P=http");
  const auto steps = commands().steps(node_);
  EXPECT_EQ(variable((*steps)[1], "npm_config_save_exact"), "true");
  EXPECT_EQ(variable((*steps)[1], "npm_config_fund"), "");
  EXPECT_EQ(variable((*steps)[1], "npm_config_proxy"), "http/q");
  for (const std::string& text : (*steps)[1].process.env)
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST_F(Scripts, WorkersAreRefusedClearly) {
  node_.type = "worker";
  EXPECT_THAT(titles(commands()), ElementsAre(HasSubstr("\"worker\"")));
}

TEST_F(Scripts, ADamagedPackageJsonIsAnErrorThatNamesIt) {
  dir_.write("packages/a/package.json", "{\"name\": ");
  EXPECT_THAT(titles(commands()), ElementsAre(HasSubstr("package.json")));
  dir_.write("packages/a/package.json", "[]");
  EXPECT_THAT(titles(commands()), ElementsAre(HasSubstr("is not an object")));
}

}  // namespace
}  // namespace stillage::run
