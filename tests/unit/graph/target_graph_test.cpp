// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <random>

#include "graph/exec_id.h"
#include "repo.h"

namespace stillage::graph {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

// app -> lib -> core; docs stands alone.
Repo chain() {
  return Repo({{"app", {"build", "test"}, {"lib"}},
               {"lib", {"build", "test"}, {"core"}},
               {"core", {"build"}, {}},
               {"docs", {"publish"}, {}}});
}

TEST(TargetGraph, WithoutAPipelineEachTaskFollowsThePackages) {
  EXPECT_EQ(shape(chain().graph({"build"})), "core#build lib#build<core#build app#build<lib#build");
}

TEST(TargetGraph, APipelineTaskWithoutDependsOnHasNoDependencies) {
  EXPECT_EQ(shape(chain().task("build", Texts{}).graph({"build"})), "app#build core#build lib#build");
}

TEST(TargetGraph, EveryFormOfDependsOn) {
  Repo repo = chain();
  repo.task("build", {"^build"});
  repo.task("test", {"build"});
  repo.task("bundle", {"^^build"});
  repo.task("app#bundle", {"^^build", "docs#publish", "#setup", "//#setup"});
  repo.task("#setup", Texts{});
  repo.workspace.root_package->scripts = {{"setup", "s"}};
  repo.workspace.packages[0].scripts.emplace_back("bundle", "b");
  EXPECT_EQ(shape(repo.graph({"app#test"})),
            "core#build lib#build<core#build app#build<lib#build app#test<app#build");
  EXPECT_EQ(shape(repo.graph({"bundle"})),
            "#setup core#build docs#publish lib#build<core#build "
            "app#bundle<#setup,core#build,docs#publish,lib#build");
}

TEST(TargetGraph, ARootTargetWaitsForTheTaskEverywhere) {
  Repo repo = chain();
  repo.task("publish", Texts{}).task("#check", {"publish", "build"});
  repo.workspace.root_package->scripts = {{"check", "c"}};
  EXPECT_EQ(shape(repo.graph({"//#check"})),
            "app#build app#publish? core#build core#publish? docs#publish lib#build lib#publish? "
            "#check<app#build,app#publish,core#build,core#publish,docs#publish,lib#build,lib#publish");
}

TEST(TargetGraph, ATaskNameOnTheCommandLineMeansTheRootsTooWhereThePipelineDefinesIt) {
  Repo repo({{"a", {"lint"}, {}}}, {"lint", "deploy"});
  EXPECT_EQ(shape(repo.graph({"lint"})), "a#lint");
  repo.task("lint", Texts{}).task("//#lint", Texts{});
  EXPECT_EQ(shape(repo.graph({"lint"})), "#lint a#lint");
  EXPECT_EQ(shape(repo.graph({"#lint"})), "#lint");
  EXPECT_EQ(shape(repo.graph({"#deploy"})), "#deploy");
  const auto graph = repo.graph({"#lint"});
  EXPECT_EQ(graph->nodes[0].target.cwd, "/repo");
  EXPECT_EQ(graph->nodes[0].target.package_name, "");
  EXPECT_FALSE(graph->nodes[0].package);
}

TEST(TargetGraph, ChainsWithHolesKeepTheirOrder) {
  // a -> b -> c -> d, b and c without the script.
  Repo repo({{"a", {"build"}, {"b"}}, {"b", {}, {"c"}}, {"c", {}, {"d"}}, {"d", {"build"}, {}}});
  EXPECT_EQ(shape(repo.graph({"build"})), "d#build c#build?<d#build b#build?<c#build a#build<b#build");
  repo.task("build", {"^build"});
  EXPECT_EQ(shape(repo.graph({"build"})), "d#build c#build?<d#build b#build?<c#build a#build<b#build");
}

TEST(TargetGraph, NodesWithoutCommandThatNobodyNeedsGo) {
  Repo repo({{"a", {}, {"b"}}, {"b", {"build"}, {"c"}}, {"c", {}, {}}});
  EXPECT_EQ(shape(repo.graph({"build"})), "c#build? b#build<c#build");
}

TEST(TargetGraph, SelectedPackagesMayLackTheScript) {
  Repo repo = chain();
  Selection selection;
  selection.tasks = {"test"};
  selection.to = {"core"};
  EXPECT_EQ(shape(repo.graph(selection)), "");
  EXPECT_EQ(shape(repo.task("test", Texts{}).graph(selection)), "");
  // A script that no pipeline names exists only where it is.
  selection.tasks = {"publish"};
  EXPECT_THAT(shape(repo.graph(selection)), HasSubstr("nothing to run"));
}

TEST(TargetGraph, NoopAndShouldRunFalseLoseTheirCommand) {
  Repo repo = chain();
  TaskDefinition noop;
  noop.type = "noop";
  noop.outputs = Texts{"lib/**"};
  noop.depends_on = {"^build"};
  TaskDefinition off = noop;
  off.type = "";
  off.should_run = false;
  repo.task("build", {"^build"}).task("lib#build", noop).task("core#build", off);
  const auto graph = repo.graph({"build"});
  ASSERT_EQ(shape(graph), "core#build? lib#build?<core#build app#build<lib#build");
  EXPECT_EQ(graph->nodes[0].target.outputs, Texts{});
  EXPECT_EQ(graph->nodes[0].target.command, (std::vector<std::pair<std::string, std::string>>{{"noop", ""}}));
}

TEST(TargetGraph, LaterEntriesReplaceEarlierOnes) {
  Repo repo = chain();
  repo.task("app#build", {"docs#publish"}).task("build", {"^build"});
  EXPECT_EQ(shape(repo.graph({"app#build"})), "core#build lib#build<core#build app#build<lib#build");
  repo.task("app#build", {"docs#publish"});
  EXPECT_EQ(shape(repo.graph({"app#build"})), "docs#publish app#build<docs#publish");
}

TEST(TargetGraph, AScriptOutsideThePipelineStillRuns) {
  Repo repo = chain();
  repo.task("build", {"^build", "generate"});
  repo.workspace.packages[2].scripts.emplace_back("generate", "g");
  EXPECT_EQ(shape(repo.graph({"core#build", "publish"})),
            "core#generate core#build<core#generate docs#publish");
}

TEST(TargetGraph, CyclesAreAnErrorThatShowsThem) {
  Repo repo(
      {{"a", {"build"}, {"b"}}, {"b", {"build"}, {"c"}}, {"c", {"build"}, {"a"}}, {"d", {"build"}, {"a"}}});
  const auto graph = repo.graph({"build"});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().kind, ErrorKind::invalid);
  EXPECT_THAT(graph.error().message, HasSubstr("a#build -> b#build -> c#build -> a#build;"));
  repo.task("build", {"build"});
  EXPECT_THAT(shape(repo.graph({"a#build"})), HasSubstr("a#build -> a#build;"));
}

TEST(TargetGraph, CyclicPackagesAreFineWhereTheTasksHaveNoCycle) {
  Repo repo({{"a", {"build", "gen"}, {"b"}}, {"b", {"build", "gen"}, {"a"}}});
  repo.task("gen", Texts{}).task("build", {"^^gen"});
  EXPECT_EQ(shape(repo.graph({"build"})), "a#gen b#build<a#gen b#gen a#build<b#gen");
}

TEST(TargetGraph, UnknownNamesAreErrorsWithTheNearestOne) {
  Repo repo = chain();
  EXPECT_THAT(shape(repo.graph({"biuld"})), HasSubstr("no package has a script \"biuld\""));
  EXPECT_THAT(shape(repo.graph({"biuld"})), HasSubstr("did you mean \"build\"?"));
  EXPECT_THAT(shape(repo.graph({"ap#build"})), HasSubstr("no package \"ap\"; did you mean \"app\"?"));
  EXPECT_THAT(shape(repo.graph({"docs#build2"})), HasSubstr("no task docs#build2"));
  EXPECT_THAT(shape(repo.graph({"#nothing"})), HasSubstr("no task #nothing"));
  EXPECT_THAT(shape(repo.graph(Texts{})), HasSubstr("no task named"));

  TaskDefinition definition;
  definition.origin = "stillage.config.json:7";
  definition.depends_on = {"libb#build"};
  EXPECT_THAT(shape(chain().task("build", definition).graph({"build"})),
              HasSubstr("stillage.config.json:7: dependsOn \"libb#build\" of app#build: there is no package "
                        "\"libb\"; did you mean \"lib\"?"));
  definition.depends_on = {"lib#tset"};
  EXPECT_THAT(shape(chain().task("build", definition).graph({"build"})), HasSubstr("has no task \"tset\""));
  definition.depends_on = {"nobody-has-this", "^nor-this"};
  EXPECT_EQ(shape(chain().task("build", definition).graph({"docs#publish", "core#build"})),
            "core#build docs#publish");
  definition.depends_on = {"^build"};
  EXPECT_THAT(shape(chain().task("#build", definition).graph({"#build"})),
              HasSubstr("stillage.config.json:7"));
}

TEST(TargetGraph, TypesThatCannotRunAreErrorsOnlyWhereSelected) {
  Repo repo = chain();
  TaskDefinition custom;
  custom.type = "storybook";
  repo.task("build", {"^build"}).task("test", custom);
  EXPECT_TRUE(repo.graph({"build"}));
  const auto graph = repo.graph({"test"});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(graph.error().message, HasSubstr("\"storybook\""));
}

TEST(TargetGraph, ScopeTakesDependentsAndToDoesNot) {
  const Repo repo = chain();
  const auto requested = [&](Selection selection) {
    const auto graph = repo.graph(selection);
    if (!graph) return "error: " + graph.error().message;
    Texts ids;
    for (const Node& node : graph->nodes)
      if (node.requested) ids.push_back(node.target.id);
    return base::join(ids, " ");
  };
  const auto selection = [](Texts scope, Texts to) {
    Selection made;
    made.tasks = {"build"};
    made.scope = std::move(scope);
    made.to = std::move(to);
    return made;
  };
  EXPECT_EQ(requested(selection({"lib"}, {})), "lib#build app#build");
  EXPECT_EQ(requested(selection({}, {"lib"})), "lib#build");
  EXPECT_EQ(requested(selection({"LI*"}, {"core"})), "core#build lib#build app#build");
  Selection alone = selection({"lib"}, {});
  alone.with_dependents = false;
  EXPECT_EQ(requested(alone), "lib#build");
  alone.with_dependencies = true;
  EXPECT_EQ(requested(alone), "core#build lib#build");
  // Dependencies come along in any case.
  EXPECT_EQ(shape(repo.graph(selection({}, {"lib"}))), "core#build lib#build<core#build");
  EXPECT_THAT(requested(selection({"lbi"}, {})),
              HasSubstr("no package matches \"lbi\"; did you mean \"lib\"?"));

  Selection changed = selection({}, {});
  changed.changed_packages = {1};
  EXPECT_EQ(requested(changed), "lib#build app#build");
  changed.changed_packages = std::vector<std::size_t>();
  EXPECT_THAT(requested(changed), HasSubstr("nothing to run"));
  changed.allow_no_targets = true;
  EXPECT_EQ(requested(changed), "");
}

TEST(TargetGraph, ScopedNamesMatchWithAndWithoutTheirScope) {
  const Repo repo({{"@web/ui", {"build"}, {}}, {"@api/ui", {"build"}, {}}, {"@api/db", {"build"}, {}}});
  const auto ids = [&](Texts scope) {
    Selection selection;
    selection.tasks = {"build"};
    selection.scope = std::move(scope);
    return shape(repo.graph(selection));
  };
  EXPECT_EQ(ids({"ui"}), "@api/ui#build @web/ui#build");
  EXPECT_EQ(ids({"@api/*"}), "@api/db#build @api/ui#build");
  EXPECT_EQ(ids({"@api/*", "!@api/db"}), "@api/ui#build");
  EXPECT_EQ(ids({"!ui"}), "@api/db#build");
}

TEST(TargetGraph, ArgumentsGoToTheNamedTasksOnly) {
  Repo repo = chain();
  TaskDefinition test;
  test.depends_on = {"build"};
  test.task_args = {"--own"};
  repo.task("build", {"^build"}).task("test", test);
  Selection selection;
  selection.tasks = {"test"};
  selection.args = {"-u"};
  const auto args = [&](const char* id) {
    const auto graph = repo.graph(selection);
    return graph->nodes[graph->find(id).value()].target.args;
  };
  EXPECT_EQ(args("app#test"), (Texts{"-u", "--own"}));
  EXPECT_EQ(args("app#build"), Texts());
  // The key of a dependency does not depend on whether it was itself in scope.
  selection.tasks = {"build"};
  selection.to = {"app"};
  EXPECT_EQ(args("core#build"), Texts{"-u"});
  selection.tasks = {"app#build"};
  EXPECT_EQ(args("app#build"), Texts{"-u"});
  EXPECT_EQ(args("core#build"), Texts());
}

TEST(TargetGraph, PrioritiesAreTheOwnOnePlusTheHighestOfTheDependents) {
  Repo repo = chain();
  TaskDefinition build;
  build.depends_on = {"^build"};
  build.priority = 1;
  repo.task("build", build);
  repo.pipeline.priorities = {
      {"app", "build", 10}, {"core", "build", -5}, {"docs", "build", 99}, {"x", "build", 3}};
  const auto graph = repo.graph({"build"});
  EXPECT_EQ(graph->nodes[graph->find("app#build").value()].priority, 10);
  EXPECT_EQ(graph->nodes[graph->find("lib#build").value()].priority, 11);
  EXPECT_EQ(graph->nodes[graph->find("core#build").value()].priority, 12);
}

TEST(TargetGraph, TheTargetSaysEverything) {
  Repo repo = chain();
  repo.workspace.packages[0].scripts = {{"prebundle", "one"}, {"bundle", "two"}, {"postbundle", "three"}};
  TaskDefinition build;
  build.script = "bundle";
  build.node_options = "--max-old-space-size=4096";
  build.inputs = Texts{"src/**"};
  build.environment_glob = Texts{"tsconfig.json"};
  build.env = {"CI", "FLAVOUR"};
  build.cache = false;
  build.skip_remote_cache = true;
  build.clean = false;
  build.weight = 3;
  build.max_workers = 2;
  build.weight_function = "w";
  repo.task("app#build", build);
  repo.pipeline.defaults.env = {"CI", "NODE_ENV"};
  repo.pipeline.defaults.outputs = Texts{"lib/**"};
  repo.pipeline.defaults.env_mode = EnvMode::strict;
  repo.pipeline.defaults.key_on = {"os"};
  const auto graph = repo.graph({"build"});
  const Node& node = graph->nodes[graph->find("app#build").value()];
  const Target& target = node.target;
  EXPECT_EQ(target.cwd, "/repo/packages/app");
  EXPECT_EQ(target.package_name, "app");
  EXPECT_EQ(target.task, "build");
  EXPECT_EQ(target.command,
            (std::vector<std::pair<std::string, std::string>>{{"script", "bundle"},
                                                              {"pre", "one"},
                                                              {"main", "two"},
                                                              {"post", "three"},
                                                              {"nodeOptions", "--max-old-space-size=4096"}}));
  EXPECT_EQ(target.inputs, Texts{"src/**"});
  EXPECT_EQ(target.outputs, Texts{"lib/**"});
  EXPECT_EQ(target.environment_glob, Texts{"tsconfig.json"});
  EXPECT_EQ(target.env, (Texts{"CI", "NODE_ENV", "FLAVOUR"}));
  EXPECT_EQ(target.env_mode, EnvMode::strict);
  EXPECT_EQ(target.key_on, Texts{"os"});
  EXPECT_FALSE(target.cache);
  EXPECT_TRUE(target.skip_remote_cache);
  EXPECT_EQ(target.clean, false);
  EXPECT_EQ(node.script, "bundle");
  EXPECT_EQ(node.weight, 3);
  EXPECT_EQ(node.max_workers, 2);
  EXPECT_EQ(node.weight_function, "w");
}

TEST(TargetGraph, WorkersNeedNoScript) {
  Repo repo = chain();
  TaskDefinition lint;
  lint.type = "worker";
  lint.worker = "scripts/lint.js";
  lint.options_json = "{\"fix\":true}";
  repo.task("lint", lint);
  const auto graph = repo.graph({"docs#lint"});
  ASSERT_TRUE(graph);
  EXPECT_TRUE(graph->nodes[0].has_command);
  EXPECT_EQ(graph->nodes[0].target.command,
            (std::vector<std::pair<std::string, std::string>>{{"worker", "scripts/lint.js"},
                                                              {"options", "{\"fix\":true}"}}));
}

TEST(TargetGraph, AllTargetsAreThoseOfTheWholeRepository) {
  Repo repo = chain();
  EXPECT_TRUE(all_targets(repo.pipeline, repo.workspace).empty());
  TaskDefinition build;
  build.outputs = Texts{"lib/**"};
  repo.task("build", build).task("docs#publish", Texts{}).task("#lint", Texts{}).task("gone#x", Texts{});
  Texts ids;
  for (const Target& target : all_targets(repo.pipeline, repo.workspace)) ids.push_back(target.id);
  EXPECT_EQ(ids, (Texts{"app#build", "lib#build", "core#build", "docs#build", "docs#publish", "#lint"}));
  repo.pipeline.defaults.outputs = Texts{"out/**"};
  EXPECT_EQ(all_targets(repo.pipeline, repo.workspace).size(), 8U)
      << "app#test and lib#test have outputs now";
}

TEST(TargetGraph, AllIdsAreThoseThatCouldEverRun) {
  Repo repo({{"a", {"build"}, {}}}, {"release"});
  repo.task("a#worker", Texts{}).task("#check", Texts{});
  EXPECT_THAT(all_target_ids(repo.pipeline, repo.workspace),
              testing::UnorderedElementsAre("a#worker", "#check", "a#build", "#release"));
}

TEST(ExecId, TellsCommandsAndOutputsApart) {
  const std::string id = exec_target_id("packages/a", {"cp", "x"}, {});
  EXPECT_TRUE(id.starts_with("packages/a#exec-"));
  EXPECT_EQ(id, exec_target_id("packages/a", {"cp", "x"}, {}));
  EXPECT_NE(id, exec_target_id("packages/a", {"cp"}, {"x"}));
  EXPECT_NE(id, exec_target_id("packages/a", {"cpx"}, {}));
  EXPECT_TRUE(is_exec_target_id(id));
  for (const char* const other : {"a#exec", "a#exec-build", "a#build", ""})
    EXPECT_FALSE(is_exec_target_id(other));
}

TEST(TargetGraph, FindWorksWithAndWithoutAnIndex) {
  TargetGraph graph = chain().graph({"build"}).value();
  EXPECT_EQ(graph.find("lib#build"), 1U);
  EXPECT_FALSE(graph.find("lib#test"));
  Node extra;
  extra.target.id = "x#y";
  graph.nodes.push_back(extra);
  EXPECT_EQ(graph.find("x#y"), 3U);
  graph.reindex();
  EXPECT_EQ(graph.find("x#y"), 3U);
}

// Random repositories: dependencies come first, indexes agree with each other, and the order of two targets
// is the same whatever else was selected.
TEST(TargetGraph, OrderHoldsInRandomRepositories) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    std::vector<PackageSpec> specs;
    for (std::size_t i = 0; i < 2 + random() % 14; ++i) {
      PackageSpec spec{"p" + std::to_string(random() % 1000 * 20 + i), {}, {}};
      if (chance(70)) spec.scripts.push_back("build");
      if (chance(60)) spec.scripts.push_back("test");
      for (const PackageSpec& earlier : specs)
        if (chance(25)) spec.needs.push_back(earlier.name);
      specs.push_back(spec);
    }
    specs.front().scripts = {"build", "test"};
    Repo repo(specs);
    repo.task("build", {"^build"}).task("test", {chance(50) ? "^^build" : "^test", "build"});
    const auto whole = repo.graph({"build", "test"});
    ASSERT_TRUE(whole) << whole.error().message;
    for (std::size_t i = 0; i < whole->nodes.size(); ++i) {
      for (const std::size_t dependency : whole->nodes[i].dependencies) {
        EXPECT_LT(dependency, i);
        EXPECT_THAT(whole->nodes[dependency].dependents, testing::Contains(i));
        EXPECT_THAT(whole->nodes[i].target.dependencies,
                    testing::Contains(whole->nodes[dependency].target.id));
      }
      EXPECT_EQ(whole->nodes[i].target.dependencies.size(), whole->nodes[i].dependencies.size());
    }
    Selection selection;
    selection.tasks = {"test"};
    selection.to = {specs[random() % specs.size()].name};
    selection.allow_no_targets = true;
    const auto part = repo.graph(selection);
    ASSERT_TRUE(part) << part.error().message;
    std::size_t last = 0;
    for (const Node& node : part->nodes) {
      const auto at = whole->find(node.target.id);
      ASSERT_TRUE(at) << node.target.id;
      EXPECT_GE(*at, last) << "seed " << seed;
      last = *at;
      EXPECT_EQ(node.target, whole->nodes[*at].target) << "a target must not depend on the selection";
    }
  }
}

}  // namespace
}  // namespace stillage::graph
