// SPDX-License-Identifier: MIT
#include "config/script_config.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "os/file.h"
#include "repo.h"

namespace stillage::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Result<base::Json> load(const test::TempDir& dir, const std::string& file, std::string_view text) {
  dir.write(file, text);
  STILLAGE_ASSIGN(auto script, ScriptConfig::start(dir.path(), file, environment_of()));
  return script.load(file);
}

std::string value_of(const test::TempDir& dir, const std::string& file, std::string_view text) {
  const auto value = load(dir, file, text);
  return value ? base::to_text(*value) : "error: " + value.error().message;
}

TEST(ScriptConfig, FormsOfExport) {
  const test::TempDir dir;
  EXPECT_EQ(value_of(dir, "a.js", "module.exports = { a: 1 };"), R"({"a":1})");
  EXPECT_EQ(value_of(dir, "a.cjs", "module.exports = Promise.resolve({ a: 2 });"), R"({"a":2})");
  EXPECT_EQ(value_of(dir, "a.mjs", "const a = await Promise.resolve(3); export default { a };"),
            R"({"a":3})");
  EXPECT_EQ(value_of(dir, "b.js", "exports.__esModule = true; exports.default = { a: 4 };"), R"({"a":4})");
  EXPECT_EQ(value_of(dir, "c.js", "module.exports = undefined;"), "null");
  dir.write("package.json", R"({"type": "module"})");
  EXPECT_EQ(value_of(dir, "d.js", "export default { a: 5 };"), R"({"a":5})");
}

TEST(ScriptConfig, AValueThatWasExpectedIsLookedAtBeforeFunctionsAreCalled) {
  const test::TempDir dir;
  dir.write("a.js", "module.exports = { weight: () => 7 };");
  const base::Json value = *load(dir, "a.js", "module.exports = { weight: () => 7 };");
  for (const bool is_same : {true, false}) {
    auto script = ScriptConfig::start(dir.path(), "a.js", environment_of());
    ASSERT_TRUE(script) << script.error().message;
    bool told = false;
    ASSERT_TRUE(script->expect("a.js", is_same ? value : base::Json{{"weight", 1}}, [&] { told = true; }));
    const auto answers = script->call({.targets = {base::Json::object()}, .calls = {{"0:weight", 0, {}}}});
    EXPECT_EQ(told, !is_same);
    ASSERT_EQ(answers.has_value(), is_same);
    if (is_same)
      EXPECT_EQ(answers->front(), 7);
    else
      EXPECT_THAT(answers.error().message, HasSubstr("something else than before"));
  }
}

TEST(ScriptConfig, OtherModulesAndNamesThatNeedEscapes) {
  const test::TempDir dir;
  dir.write("sub dir/bär #1/base.js", "exports.tasks = ['^build'];");
  EXPECT_EQ(value_of(dir, "sub dir/bär #1/lage.config.js",
                     "const { tasks } = require('./base'); module.exports = { tasks, here: "
                     "require('path').basename(__dirname) };"),
            R"({"tasks":["^build"],"here":"bär #1"})");
}

TEST(ScriptConfig, WhatItPrintsDoesNotGetIntoTheAnswer) {
  const test::TempDir dir;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(value_of(dir, "a.js",
                     "console.log('{\"value\": 1}'); process.stdout.write('{}\\n'); module.exports = {};"),
            "{}");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "standard output is for results";
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("{\"value\": 1}"));
}

TEST(ScriptConfig, OddValues) {
  const test::TempDir dir;
  EXPECT_EQ(value_of(dir, "a.js",
                     "module.exports = { u: undefined, n: null, l: [undefined, 1], d: new Date(0), "
                     "['__proto__']: 1, s: '\\u2028\\ud800' };"),
            "{\"n\":null,\"l\":[null,1],\"d\":\"1970-01-01T00:00:00.000Z\",\"__proto__\":1,\"s\":"
            "\"\u2028\uFFFD\"}");
  EXPECT_THAT(value_of(dir, "b.js", "const a = { x: {} }; a.x.y = a; module.exports = a;"),
              HasSubstr("b.js: x.y holds itself"));
  EXPECT_THAT(value_of(dir, "c.js", "module.exports = { w: Infinity };"), HasSubstr("w is Infinity"));
  EXPECT_THAT(value_of(dir, "d.js", "module.exports = { w: 1n };"), HasSubstr("w is a bigint"));
}

TEST(ScriptConfig, ErrorsNameFileAndLine) {
  const test::TempDir dir;
  EXPECT_EQ(value_of(dir, "a.js", "\nthrow new Error('no good');"), "error: a.js:2: no good");
  EXPECT_THAT(value_of(dir, "b.js", "\n\nmodule.exports = {,};"), StartsWith("error: b.js:3: "));
  EXPECT_THAT(value_of(dir, "c.mjs", "\nexport default {,};"), StartsWith("error: c.mjs: Unexpected token"));
  EXPECT_THAT(value_of(dir, "d.js", "require('./not-there');"),
              HasSubstr("Cannot find module './not-there'"));
  EXPECT_THAT(value_of(dir, "e.js", "throw 'just a text';"), HasSubstr("just a text"));
  EXPECT_THAT(value_of(dir, "f.js", "process.exit(0);"), HasSubstr("f.js: node ended while evaluating it"));
  EXPECT_THAT(value_of(dir, "g.js", "module.exports = { get x() { throw new Error('getter') } };"),
              HasSubstr("getter"));
}

TEST(ScriptConfig, WhatNeverComesIsAnErrorThatNamesTheFile) {
  const test::TempDir dir;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(value_of(dir, "a.js", "module.exports = new Promise(() => {});"),
            "error: a.js: it waits for a promise that nothing will ever settle");
  EXPECT_EQ(value_of(dir, "b.mjs", "await new Promise(() => {}); export default {};"),
            "error: b.mjs: it waits for a promise that nothing will ever settle");
  EXPECT_EQ(
      value_of(dir, "c.js", "module.exports = new Promise((done) => setTimeout(() => done({ a: 1 }), 300));"),
      R"({"a":1})");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));

  dir.write("loop.js", "while (true);");
  dir.write("open.js", "setInterval(() => {}, 1000); module.exports = new Promise(() => {});");
  for (const char* const file : {"loop.js", "open.js"}) {
    auto script = ScriptConfig::start(dir.path(), file, environment_of(), std::chrono::milliseconds(500));
    ASSERT_TRUE(script) << script.error().message;
    const auto value = script->load(file);
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().kind, ErrorKind::timeout);
    EXPECT_THAT(value.error().message, StartsWith(std::string(file) + ": not evaluated after 0.5 s"));
  }
}

TEST(ScriptConfig, WhatIsLeftRunningDoesNotMatter) {
  const test::TempDir dir;
  EXPECT_EQ(value_of(dir, "a.js", "setInterval(() => {}, 1000); module.exports = { a: 1 };"), R"({"a":1})");
}

TEST(ScriptConfig, WithoutNodeTheErrorSaysWhatToDo) {
  const test::TempDir dir;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (dir / "empty").c_str(), 1);
  const auto script = ScriptConfig::start(dir.path(), "lage.config.js", environment_of());
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(script);
  EXPECT_EQ(script.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(script.error().message, HasSubstr("lage.config.js is evaluated by Node.js, and there is none"));
  EXPECT_THAT(script.error().message, HasSubstr("stillage.config.json"));
}

TEST(ScriptConfig, FunctionsAreCalledBack) {
  const test::TempDir dir;
  dir.write("lage.config.js", R"(module.exports = {
    pipeline: {
      build: {
        base: 2,
        weight(target, maxWorkers) { return this.base + target.task.length + (maxWorkers ?? 0); },
        shouldRun: async (target) => target.packageName !== 'b',
      },
      bad: { weight: () => { throw new Error('cannot weigh'); } },
    },
  };)");
  auto script = ScriptConfig::start(dir.path(), "lage.config.js", environment_of());
  ASSERT_TRUE(script) << script.error().message;
  const auto value = script->load("lage.config.js");
  ASSERT_TRUE(value) << value.error().message;
  const auto function = [&](const char* task, const char* name) {
    const Source source{"lage.config.js", *value, Source::UnknownKeys::warning, {}};
    return Field(source.value.at("pipeline").at(task).at(name), source).function().value_or("no function");
  };
  const auto results =
      script->call({.targets = {{{"task", "build"}}, {{"packageName", "a"}}, {{"packageName", "b"}}},
                    .calls = {{function("build", "weight"), 0, 10},
                              {function("build", "shouldRun"), 1, {}},
                              {function("build", "shouldRun"), 2, {}}}});
  ASSERT_TRUE(results) << results.error().message;
  EXPECT_EQ(*results, (std::vector<base::Json>{17, true, false}));
  const auto bad =
      script->call({.targets = {base::Json::object()}, .calls = {{function("bad", "weight"), 0, {}}}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "lage.config.js (pipeline.bad.weight): cannot weigh");
  EXPECT_TRUE(script->call({})) << "still there after an error";
}

TEST(ScriptConfig, ManyCallsInOneBatch) {
  const test::TempDir dir;
  dir.write("lage.config.js", "module.exports = { f: (target) => target.id.length };");
  auto script = ScriptConfig::start(dir.path(), "lage.config.js", environment_of());
  ASSERT_TRUE(script);
  const auto value = script->load("lage.config.js");
  ASSERT_TRUE(value);
  const std::string id = value->at("f").at(kFunctionKey);
  FunctionCalls asked;
  for (std::size_t i = 0; i < 3000; ++i) {
    asked.targets.push_back({{"id", std::string(i, 'x')}});
    asked.calls.push_back({id, i, {}});
  }
  const auto results = script->call(asked);
  ASSERT_TRUE(results) << results.error().message;
  for (std::size_t i = 0; i < asked.calls.size(); ++i) ASSERT_EQ((*results)[i], i);
}

TEST(ScriptConfig, FunctionsOfAConfigurationBecomeIdsOfTasks) {
  const Repo repo;
  repo.write("lage.config.js", R"(module.exports = {
    pipeline: { build: { weight: () => 3, shouldRun: () => true }, test: { options: { f() {} } } },
    cacheOptions: { cacheStorageConfig: { provider: (logger, cwd) => ({}), name: 'mine' } },
    loggerOptions: { f() {} },
  };)");
  EXPECT_THAT(repo.settings().error().message,
              HasSubstr("lage.config.js (pipeline.test.options.f): can't be a function"));
  repo.write("lage.config.js", R"(module.exports = {
    pipeline: { build: { weight: () => 3, shouldRun: () => true } },
    cacheOptions: { cacheStorageConfig: { provider: (logger, cwd) => ({}), name: 'mine' } },
  };)");
  const auto settings = repo.settings();
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(task(*settings, "build").weight_function, HasSubstr("pipeline.build.weight"));
  EXPECT_THAT(task(*settings, "build").should_run_function, HasSubstr("pipeline.build.shouldRun"));
  EXPECT_EQ(settings->cache_options.cache_storage_config->provider, "custom");
  EXPECT_THAT(settings->warnings, testing::IsEmpty());
  const auto found = find_config(repo.path(), environment_of());
  EXPECT_TRUE(found->script) << "Node stays to be asked";
  repo.write("lage.config.js", "module.exports = {};");
  EXPECT_FALSE(find_config(repo.path(), environment_of())->script);
}

// Which compiler there is depends on the machine, so the repository brings a stand-in that has TypeScript's
// interface.
TEST(ScriptConfig, TypeScriptIsCompiledByWhatTheRepositoryHas) {
  const test::TempDir dir;
  dir.write("shared/names.ts", "export const names: string[] = ['^build'];\n");
  const std::string text =
      "import { names } from './shared/names';\n"
      "const config: { a: unknown } = { a: names };\n"
      "export default config;\n";
  const std::string without = value_of(dir, "lage.config.ts", text);
  EXPECT_TRUE(
      without.starts_with("error: lage.config.ts: TypeScript needs the package typescript or esbuild") ||
      without.find("names") != std::string::npos)
      << without;
  dir.write("node_modules/typescript/package.json", R"({"name": "typescript", "main": "index.js"})");
  dir.write("node_modules/typescript/index.js", R"(
    exports.ModuleKind = { ESNext: 99 };
    exports.ScriptTarget = { ES2022: 9 };
    exports.transpileModule = (text, { fileName, compilerOptions }) => {
      if (!fileName.endsWith('.ts') || compilerOptions.module !== 99) throw new Error('called wrongly');
      return { outputText: text.replace(/: (string\[\]|\{ a: unknown \})/, '') };
    };)");
  EXPECT_EQ(value_of(dir, "lage.config.ts", text), R"({"a":["^build"]})");
  dir.write("node_modules/esbuild/index.js", R"(
    exports.transformSync = (text, { loader, format }) => {
      if (loader !== 'ts' || format !== 'esm') throw new Error('called wrongly');
      return { code: text.replace(/: (string\[\]|\{ a: unknown \})/, '') };
    };)");
  ASSERT_TRUE(os::remove_tree(dir / "node_modules/typescript"));
  EXPECT_EQ(value_of(dir, "lage.config.ts", text), R"({"a":["^build"]})");
}

}  // namespace
}  // namespace stillage::config
