// SPDX-License-Identifier: MIT
// What a script sees under the real npm, yarn 1 and pnpm, and under us. Every difference that remains stands
// in docs/scripts.md and, by name, below. npm is searched for on the PATH, the others in STILLAGE_NPM_CLIENTS
// (a node_modules/.bin) first.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/json.h"
#include "os/file.h"
#include "os/process.h"
#include "run/npm_client.h"
#include "run/script_commands.h"
#include "support/temp_dir.h"

namespace stillage::run {
namespace {

constexpr const char* kPackage = R"json({
  "name": "@s/a", "version": "1.2.3", "description": "d", "license": "MIT", "private": true,
  "config": {"port": 8080, "nested": {"x": true, "y": [1, "two"]}, "nul": null, "no": false, "text": "a b"},
  "engines": {"node": ">=10"}, "bin": {"prog": "./bin/p.js"}, "dependencies": {}, "files": ["lib", "dist"],
  "scripts": {"prebuild": "node ../../show.js pre", "build": "node ../../show.js main", "postbuild": "node ../../show.js post",
              "npm": "true"}
})json";

constexpr const char* kShow = R"(
require('fs').writeFileSync(`${__dirname}/seen-${process.argv[2]}.json`,
  JSON.stringify({env: process.env, args: process.argv.slice(3), cwd: process.cwd()}));
)";

struct Client {
  const char* name;
  workspace::PackageManager manager;
  /// Variables that differ, see docs/scripts.md.
  std::set<std::string> differing;
  /// Variables that only some versions of the client have.
  std::set<std::string> of_some_versions;
};

void PrintTo(const Client& client, std::ostream* out) {
  *out << client.name;
}

class ClientDifferential : public testing::TestWithParam<Client> {
 protected:
  void SetUp() override {
    const char* const clients = std::getenv("STILLAGE_NPM_CLIENTS");
    const char* const path = std::getenv("PATH");
    const std::string first = std::string(clients != nullptr ? clients : STILLAGE_NPM_CLIENTS) + ":";
    callers_ = {"PATH=" + first + (path != nullptr ? path : "/usr/bin:/bin"), "HOME=" + (dir_ / "home"),
                "LANG=C.UTF-8", "FOO=bar baz", "EMPTY="};
    ASSERT_FALSE(find_npm_client(GetParam().name, Environment(callers_)).version.empty())
        << GetParam().name << " is not installed: run scripts/setup";
    dir_.make_dir("home");
    dir_.write("r\xc3\xa9po one/package.json",
               R"({"name": "root", "private": true, "version": "0.0.1", "workspaces": ["packages/*"]})");
    dir_.write("r\xc3\xa9po one/pnpm-workspace.yaml", "packages:\n  - packages/*\n");
    dir_.write("r\xc3\xa9po one/packages/a/package.json", kPackage);
    dir_.write("r\xc3\xa9po one/packages/a/bin/p.js", "");
    dir_.write("r\xc3\xa9po one/show.js", kShow);
    dir_.write("r\xc3\xa9po one/.npmrc", "fund=false\nupdate-notifier=false\naudit-level=high\n");
    root_ = dir_ / "r\xc3\xa9po one";
    auto workspace = workspace::discover(root_);
    ASSERT_TRUE(workspace) << workspace.error().message;
    workspace_ = std::move(*workspace);
    workspace_.client = GetParam().name;
    workspace_.manager = GetParam().manager;
  }

  std::map<std::string, base::Json> run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      std::string output;
      os::ProcessWatch watch;
      watch.output = [&](os::OutputStream, std::string_view text) { output += text; };
      const auto end = os::run_process(step.process, watch);
      EXPECT_TRUE(end && end->exit_code == 0) << output;
    }
    std::map<std::string, base::Json> seen;
    for (const char* const part : {"pre", "main", "post"}) {
      const std::string file = std::string("r\xc3\xa9po one/seen-") + part + ".json";
      if (!dir_.exists(file)) continue;
      seen[part] = *base::parse_json(dir_.read(file), file);
      (void)os::remove_tree(dir_ / file);
    }
    return seen;
  }

  test::TempDir dir_;
  std::string root_;
  workspace::Workspace workspace_;
  std::vector<std::string> callers_;
};

TEST_P(ClientDifferential, ScriptsSeeTheSame) {
  graph::Node node;
  node.package = workspace_.index_of("@s/a");
  ASSERT_TRUE(node.package);
  node.target.id = "@s/a#build";
  node.target.package_name = "@s/a";
  node.target.task = "build";
  node.target.cwd = root_ + "/packages/a";
  node.target.args = {"a b",        "it's",        "",           "$HOME", "x\"y",    "*",
                      "--flag=1 2", "back\\slash", "semi;colon", "[x]",   "\xc3\xa9"};

  const ScriptCommands direct(workspace_, {}, Environment(callers_));
  ASSERT_EQ(direct.through_client_because(), "");
  const auto ours = run(*direct.steps(node));
  const ScriptCommands client(workspace_, ScriptOptions{"", "client", false}, Environment(callers_));
  const auto theirs = run(*client.steps(node));

  ASSERT_EQ(ours.size(), 3U);
  ASSERT_EQ(theirs.size(), 3U);
  std::set<std::string> different;
  for (const auto& [part, seen] : theirs) {
    const base::Json& own = ours.at(part);
    EXPECT_EQ(own["args"], seen["args"]) << part;
    EXPECT_EQ(own["cwd"], seen["cwd"]) << part;
    // We add these; scripts that are run through the client get them too.
    for (const char* const name : {"LAGE_PACKAGE_NAME", "LAGE_TASK", "LAGE_WEIGHT", "STILLAGE_TARGET_DIR"})
      EXPECT_TRUE(own["env"].contains(name)) << name;
    std::set<std::string> names;
    for (const base::Json* env : {&own["env"], &seen["env"]})
      for (const auto& [name, value] : env->items()) names.insert(name);
    for (const std::string& name : names) {
      const base::Json mine = own["env"].value(name, base::Json());
      const base::Json real = seen["env"].value(name, base::Json());
      if (mine == real || GetParam().of_some_versions.contains(name)) continue;
      different.insert(name);
      if (!GetParam().differing.contains(name))
        ADD_FAILURE() << part << ": " << name << " is " << mine << ", not " << real;
    }
  }
  // A difference that has gone is to be taken off the list.
  for (const std::string& name : GetParam().differing) EXPECT_TRUE(different.contains(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(
    Clients, ClientDifferential,
    testing::Values(Client{"npm", workspace::PackageManager::npm, {}, {"npm_config_allow_scripts"}},
                    Client{"yarn", workspace::PackageManager::yarn, {"PATH", "npm_config_registry"}, {}},
                    Client{"pnpm", workspace::PackageManager::pnpm, {"npm_config_registry"}, {}}),
    [](const auto& client) { return std::string(client.param.name); });

}  // namespace
}  // namespace stillage::run
