// SPDX-License-Identifier: MIT
#include "config/config_search.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "repo.h"

namespace stillage::config {
namespace {

using testing::HasSubstr;

/// What a place holds when it is to be found: its own name as the cache key.
std::string content(const std::string& place) {
  const std::string object = "{\"cacheOptions\": {\"cacheKey\": \"" + place + "\"}}";
  if (place.ends_with(".mjs") || place.ends_with(".ts")) return "export default " + object + ";\n";
  if (place.ends_with(".js") || place.ends_with(".cjs")) return "module.exports = " + object + ";\n";
  return object;
}

std::string found(const Repo& repo) {
  const auto config = find_config(repo.path(), environment_of());
  if (!config) return "error: " + config.error().message;
  if (config->source.file.empty()) return "";
  const std::string key = config->source.value.at("cacheOptions").at("cacheKey");
  EXPECT_TRUE(config->source.file == key || config->source.file == "package.json") << config->source.file;
  return key;
}

void write_place(const Repo& repo, const std::string& place) {
  if (place != "package.json") return repo.write(place, content(place));
  repo.write(place,
             "{\"name\": \"root\", \"workspaces\": [\"packages/*\"], \"lage\": " + content(place) + "}");
}

// lage finds its configuration with cosmiconfig 9, which looks in these places in this order.
TEST(ConfigSearch, PlacesInOrder) {
  std::vector<std::string> places = {
      "stillage.config.json", "package.json",       ".lagerc",           ".lagerc.json",
      ".lagerc.yaml",         ".lagerc.yml",        ".lagerc.js",        ".lagerc.ts",
      ".lagerc.cjs",          ".lagerc.mjs",        ".config/lagerc",    ".config/lagerc.json",
      ".config/lagerc.yaml",  ".config/lagerc.yml", ".config/lagerc.js", ".config/lagerc.ts",
      ".config/lagerc.cjs",   ".config/lagerc.mjs", "lage.config.js",    "lage.config.ts",
      "lage.config.cjs",      "lage.config.mjs"};
  EXPECT_EQ(config_places(), places);
  // From the last place to the first, each one hides those after it. TypeScript has a test of its own.
  const Repo repo;
  EXPECT_EQ(found(repo), "");
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if (place->ends_with(".ts")) continue;
    write_place(repo, *place);
    EXPECT_EQ(found(repo), *place);
  }
}

TEST(ConfigSearch, PlacesThatHoldNothingArePassedBy) {
  const Repo repo;
  repo.write("lage.config.mjs", content("lage.config.mjs"));
  repo.write("lage.config.js", "module.exports = undefined;\n");
  repo.write(".lagerc", " \n");
  repo.write(".lagerc.json", "null");
  repo.write(".lagerc.yaml", "# nothing\n");
  repo.write(".lagerc.mjs", "export const notDefault = 1;\n");
  repo.write(".lagerc.cjs", "");
  repo.make_dir(".lagerc.js");
  repo.symlink(".lagerc.yml", "nowhere");
  EXPECT_EQ(found(repo), "lage.config.mjs");
}

TEST(ConfigSearch, AnEmptyObjectIsAConfiguration) {
  const Repo repo;
  repo.write("lage.config.js", content("lage.config.js"));
  repo.write(".lagerc.json", "{}");
  const auto config = find_config(repo.path(), environment_of());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->source.file, ".lagerc.json");
}

TEST(ConfigSearch, TheFieldsOfPackageJson) {
  const Repo repo;
  repo.write("package.json",
             "{\"name\": \"root\",\n\"lage\": {\"cacheOptions\": {\"cacheKey\": \"lage\"}},\n"
             "\"stillage\": {\"cacheOptions\": {\"cacheKey\": \"ours\"}}}");
  EXPECT_EQ(find_config(repo.path(), environment_of())->source.value.at("cacheOptions").at("cacheKey"),
            "ours");
  EXPECT_EQ(find_config(repo.path(), environment_of())->source.line_of({"cacheOptions", "cacheKey"}), 3U);
  EXPECT_EQ(find_config(repo.path(), environment_of())->source.unknown_keys, Source::UnknownKeys::error);
  repo.write("package.json", "{\"name\": \"root\",\n\"lage\": {\"cacheOptions\": {\"cacheKey\": \"lage\"}}}");
  EXPECT_EQ(find_config(repo.path(), environment_of())->source.value.at("cacheOptions").at("cacheKey"),
            "lage");
  EXPECT_EQ(find_config(repo.path(), environment_of())->source.unknown_keys, Source::UnknownKeys::warning);
}

TEST(ConfigSearch, UnknownKeysOfLageAreWarnings) {
  const Repo repo;
  repo.write("lage.config.js",
             "module.exports = { pipeline: { build: { dependsOn: [], future: 1 } }, nextThing: {} };\n");
  const auto settings = repo.settings();
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->warnings,
              testing::UnorderedElementsAre(HasSubstr("lage.config.js (nextThing)"),
                                            HasSubstr("lage.config.js (pipeline.build.future)")));
}

TEST(ConfigSearch, WhatIsNoObjectIsAnError) {
  const Repo repo;
  repo.write(".lagerc", "just words");
  EXPECT_THAT(found(repo), HasSubstr("must be an object"));
  repo.write(".lagerc", "{\"$import\": \"other.json\"}");
  EXPECT_THAT(repo.settings().error().message, HasSubstr("$import"));
}

}  // namespace
}  // namespace stillage::config
