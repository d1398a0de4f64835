// SPDX-License-Identifier: MIT
#include "workspace/package_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stillage::workspace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(PackageJson, FieldsInTheFilesOrder) {
  const auto file = parse_package_json(
      "\xEF\xBB\xBF{\r\n\"name\":\"@s/"
      "x\",\"version\":\"1.2.3\",\"scripts\":{\"z\":\"1\",\"a\":\"2\",\"z\":\"3\",\"n\":4},"
      R"("dependencies":{"y":"^1","b":"workspace:*"},"bin":"./cli.js","lage":{"a":[1]},"stillage":{"b": true},
         "config":{"port":8080,"on":true,"off":false,"nil":null,"deep":{"list":["p","q"]}},"engines":{"node":">=18"},
         "packageManager":"yarn@1.22.0","patchedDependencies":{"m@1":"patches/m.patch"},
         "overrides":{"o":{"i":"file:./i"}},"peerDependencies":["odd"]})",
      "package.json");
  ASSERT_TRUE(file) << file.error().message;
  const Package& package = file->package;
  EXPECT_EQ(package.name, "@s/x");
  EXPECT_THAT(package.scripts, ElementsAre(Pair("z", "3"), Pair("a", "2")));
  EXPECT_THAT(package.dependencies,
              ElementsAre(DependencyRange{"y", "^1"}, DependencyRange{"b", "workspace:*"}));
  EXPECT_THAT(package.bin, ElementsAre(Pair("x", "./cli.js")));
  EXPECT_EQ(package.config_text, R"({"b":true})");
  EXPECT_THAT(package.config,
              ElementsAre(Pair("port", "8080"), Pair("on", "true"), Pair("off", ""), Pair("nil", ""),
                          Pair("deep_list_0", "p"), Pair("deep_list_1", "q")));
  EXPECT_THAT(package.engines, ElementsAre(Pair("node", ">=18")));
  EXPECT_THAT(package.peer_dependencies, IsEmpty());
  EXPECT_EQ(file->package_manager, "yarn@1.22.0");
  EXPECT_THAT(file->patched_dependencies, ElementsAre(Pair("m@1", "patches/m.patch")));
  EXPECT_THAT(file->overrides, ElementsAre(DependencyRange{"i", "file:./i"}));
  EXPECT_FALSE(file->workspaces);
}

TEST(PackageJson, HostileTextsAreErrorsWithAPosition) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"a\":1} x"), deep, std::string("{\"a\":\"\xff\"}"),
        std::string("null"), std::string(1, '\0')}) {
    const auto file = parse_package_json(text, "x/package.json");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message, HasSubstr("x/package.json"));
    EXPECT_EQ(file.error().kind, ErrorKind::invalid);
  }
}

}  // namespace
}  // namespace stillage::workspace
