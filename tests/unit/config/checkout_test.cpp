// SPDX-License-Identifier: MIT
#include "config/checkout.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/log.h"
#include "config/local_store.h"
#include "config/open_cache.h"
#include "os/file.h"
#include "os/user_dirs.h"
#include "repo.h"
#include "stillage/local_cache.h"

namespace stillage::config {
namespace {

Result<std::shared_ptr<cache::Store>> store_of(const std::string& dir, const run::Environment& environment) {
  STILLAGE_ASSIGN(const CachePlace place, find_cache_place(dir, environment));
  return open_store(place);
}

using testing::ElementsAre;
using testing::HasSubstr;

/// A repository under git, a cache folder of its own, and what was told while it lived.
class CheckoutTest : public testing::Test {
 protected:
  CheckoutTest() {
    ::setenv("XDG_CACHE_HOME", (home_ / "cache").c_str(), 1);
    before_ = base::set_log_sink([this](base::LogLevel level, std::string_view message) {
      if (level <= base::LogLevel::warn) told_.emplace_back(message);
    });
    repo_.write(".gitignore", "packages/*/lib/\nnode_modules/\n");
    const std::string git =
        "cd '" + repo_.path() + "' && git -c init.defaultBranch=main init -q && git add -A";
    EXPECT_EQ(std::system(git.c_str()), 0);
  }
  ~CheckoutTest() override {
    base::set_log_sink(before_);
    ::unsetenv("XDG_CACHE_HOME");
  }

  std::unique_ptr<Checkout> open(const std::string& below = "") {
    auto checkout = open_checkout(repo_ / below, environment_of());
    EXPECT_TRUE(checkout) << checkout.error().message;
    return checkout ? std::move(*checkout) : nullptr;
  }

  static graph::TargetGraph graph_of(Checkout& checkout, const Texts& tasks) {
    graph::Selection selection;
    selection.tasks = tasks;
    auto graph = build_graph(checkout, selection);
    EXPECT_TRUE(graph) << graph.error().message;
    return graph ? std::move(*graph) : graph::TargetGraph();
  }

  test::TempDir home_;
  Repo repo_;
  Texts told_;
  base::LogSink before_;
};

TEST_F(CheckoutTest, OpensEverythingFromAnyFolder) {
  repo_.write("stillage.config.json",
              R"({"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["lib/**"]}}})");
  repo_.make_dir("packages/app/src/deep");
  const auto checkout = open("packages/app/src/deep");
  ASSERT_TRUE(checkout);
  EXPECT_EQ(checkout->workspace.root, repo_.path());
  EXPECT_EQ(checkout->settings.config_file, "stillage.config.json");
  ASSERT_TRUE(config::wait_for_listing(*checkout));
  EXPECT_TRUE(checkout->listing().has_git());
  EXPECT_NE(checkout->listing().find("packages/lib/package.json"), nullptr);
  EXPECT_FALSE(checkout->script);
  EXPECT_THAT(checkout->state_folder, HasSubstr((home_ / "cache").c_str()));
  EXPECT_TRUE(told_.empty()) << told_.front();
}

// hash, miss, prepare, run, put; then, in a new process, the same hash, hit, restore.
TEST_F(CheckoutTest, ATargetGoesThroughHasherAndCache) {
  repo_.write("stillage.config.json",
              R"({"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["lib/**"]}}})");
  std::vector<std::string> first_keys;
  for (const bool is_first : {true, false}) {
    const auto checkout = open();
    ASSERT_TRUE(checkout);
    const auto graph = graph_of(*checkout, {"build"});
    ASSERT_EQ(graph.nodes.size(), 2U);
    std::vector<Target> targets;
    for (const graph::Node& node : graph.nodes) targets.push_back(node.target);
    const auto hasher = open_hasher(*checkout);
    ASSERT_TRUE(hasher) << hasher.error().message;
    const auto cache = open_cache(*checkout, targets);
    ASSERT_TRUE(cache) << cache.error().message;
    ASSERT_TRUE(cache->provider);
    for (const Target& target : targets) {
      const auto key = (*hasher)->hash(target);
      ASSERT_TRUE(key) << key.error().message;
      auto hit = cache->provider->look_up(*key, target);
      ASSERT_TRUE(hit) << hit.error().message;
      const std::string output = "packages/" + target.package_name + "/lib/out.js";
      if (is_first) {
        first_keys.push_back(*key);
        EXPECT_FALSE(*hit);
        ASSERT_TRUE(cache->provider->prepare(target));
        repo_.write(output, "made by " + target.id);
        const auto put = cache->provider->put(*key, target);
        ASSERT_TRUE(put) << put.error().message;
        EXPECT_EQ(put->not_stored_because, "");
      } else {
        EXPECT_EQ(*key, first_keys[target.package_name == "lib" ? 0 : 1]) << "outputs are no inputs";
        ASSERT_TRUE(*hit) << target.id;
        const auto restored = (*hit)->restore();
        ASSERT_TRUE(restored) << restored.error().message;
        EXPECT_EQ(repo_.read(output), "made by " + target.id);
      }
    }
    ASSERT_TRUE(!is_first || os::remove_tree(repo_ / "packages/app/lib"));
  }
  const auto store = store_of(repo_ / "packages/app", environment_of());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->usage()->entries, 2U);
}

TEST_F(CheckoutTest, FunctionsOfTheConfigurationAreAsked) {
  repo_.write("lage.config.js", R"(module.exports = { pipeline: {
    build: {
      dependsOn: ['^build'], maxWorkers: 4,
      weight: (target, maxWorkers) => target.packageName === 'app' ? maxWorkers + 0.5 : 0,
      shouldRun: (target) => target.id !== 'lib#build' || target.dependents[0] !== 'app#build',
    },
    test: { weight: () => 'heavy' },
  } };)");
  const auto checkout = open();
  ASSERT_TRUE(checkout);
  ASSERT_TRUE(checkout->script);
  const auto graph = graph_of(*checkout, {"build"});
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].target.id, "lib#build");
  EXPECT_FALSE(graph.nodes[0].has_command);
  EXPECT_TRUE(graph.nodes[1].has_command);
  EXPECT_EQ(graph.nodes[1].weight, 5);
  graph::Selection selection;
  selection.tasks = {"test"};
  const auto wrong = build_graph(*checkout, selection);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("the weight of app#test must be a number"));
}

TEST_F(CheckoutTest, WithoutAPlaceForStateOrStoreEverythingElseWorks) {
  ::setenv("XDG_CACHE_HOME", "/dev/null/nothing", 1);
  const auto checkout = open();
  ASSERT_TRUE(checkout);
  EXPECT_EQ(checkout->state_folder, "");
  const auto graph = graph_of(*checkout, {"build"});
  EXPECT_EQ(graph.nodes.size(), 2U);
  const auto cache = open_cache(*checkout, {});
  ASSERT_TRUE(cache) << cache.error().message;
  EXPECT_FALSE(cache->provider);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("nothing is remembered of this checkout"),
                                 HasSubstr("nothing is cached")));
}

TEST_F(CheckoutTest, TheConfigurationDecidesOnTheStore) {
  repo_.write("stillage.config.json", R"({"cacheOptions": {"internalCacheFolder": "my store"}})");
  EXPECT_EQ((*store_of(repo_.path(), environment_of()))->folder(), repo_ / "my store");
  EXPECT_EQ((*store_of(repo_.path(), environment_of({{"STILLAGE_CACHE_DIR", home_ / "x"}})))->folder(),
            home_ / "x");
  EXPECT_EQ((*store_of(home_.path(), environment_of()))->folder(), *os::user_cache_dir() + "/store");
  repo_.write("stillage.config.json", R"({"cacheOptions": {"skipLocalCache": true}})");
  EXPECT_EQ(open_cache(*open(), {})->provider, nullptr);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("nothing is cached")));
}

TEST_F(CheckoutTest, ARemoteThatIsNamedIsPutBehindTheLocalStore) {
  repo_.write("stillage.config.json", R"({"cacheOptions": {"cacheStorageConfig": {
    "provider": "folder", "options": {"path": "shared"}}}})");
  const auto checkout = open();
  auto cache = open_cache(*checkout, {});
  ASSERT_TRUE(cache) << cache.error().message;
  ASSERT_TRUE(cache->provider && cache->remote && cache->look_up_near);
  EXPECT_EQ(cache->remote->remote_name(), "the folder " + (repo_ / "shared"));

  repo_.write("stillage.config.json", R"({"cacheOptions": {"cacheStorageConfig": {"provider": "foldre"}}})");
  const auto wrong = open_cache(*open(), {});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, ::testing::AllOf(HasSubstr("foldre"), HasSubstr("folder")));

  repo_.write("stillage.config.json", R"({"cacheOptions": {"cacheStorageConfig": {"provider": "custom"}}})");
  const auto custom = open_cache(*open(), {});
  ASSERT_TRUE(custom);
  EXPECT_TRUE(custom->provider);
  EXPECT_FALSE(custom->remote);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("is a function")));
}

TEST_F(CheckoutTest, ErrorsComeFromWhereTheyAre) {
  repo_.write("stillage.config.json", "{\n\"pipelines\": {}}");
  EXPECT_THAT(open_checkout(repo_.path(), environment_of()).error().message,
              HasSubstr("stillage.config.json:2: "));
  repo_.write("packages/lib/package.json", "{");
  EXPECT_THAT(open_checkout(repo_.path(), environment_of()).error().message,
              HasSubstr("packages/lib/package.json"));
  EXPECT_FALSE(open_checkout(home_ / "nowhere", environment_of()));
  EXPECT_FALSE(open_checkout(home_.path(), environment_of())) << "no package.json anywhere above";
}

TEST_F(CheckoutTest, LibraryUsersOpenTheCacheByOptions) {
  const auto cache = open_local_cache(repo_.path(), {.internal_cache_folder = home_ / "library store"});
  ASSERT_TRUE(cache) << cache.error().message;
  const Target target{.id = "lib#build",
                      .package_name = "lib",
                      .task = "build",
                      .cwd = repo_ / "packages/lib",
                      .outputs = Texts{"lib/**"}};
  const std::string key(64, 'a');
  EXPECT_EQ((*cache)->fetch(key, target).value(), false);
  ASSERT_TRUE((*cache)->prepare(target));
  repo_.write("packages/lib/lib/x.js", "x");
  ASSERT_TRUE((*cache)->put(key, target));
  ASSERT_TRUE(os::remove_tree(repo_ / "packages/lib/lib"));
  EXPECT_EQ((*cache)->fetch(key, target).value(), true);
  EXPECT_EQ(repo_.read("packages/lib/lib/x.js"), "x");
  EXPECT_FALSE(open_local_cache(repo_ / "nowhere"));
  EXPECT_FALSE(open_local_cache(repo_.path(), {.internal_cache_folder = "/dev/null/store"}));
}

}  // namespace
}  // namespace stillage::config
