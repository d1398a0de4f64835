// SPDX-License-Identifier: MIT
#include "workspace/compat_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "os/dir.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::workspace {
namespace {

using base::Json;
using testing::HasSubstr;

/// A number or object where lage's own types would show.
std::string js_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_object() ? "[object Object]" : base::to_text(value);
}

void expect_parsed(const CompatLock& lock, const Json& parsed, const std::string& name) {
  std::size_t compared = 0;
  for (const auto& [key, expected] : parsed.items()) {
    // pnpm's importers, which no dependency ever leads to.
    if (expected.contains("version") && js_text(expected["version"]) == key) continue;
    ++compared;
    const auto found = lock.entries().find(key);
    ASSERT_NE(found, lock.entries().end()) << name << ": " << key;
    EXPECT_EQ(found->second.version, js_text(expected["version"])) << name << ": " << key;
    std::vector<DependencyRange> dependencies;
    if (expected.contains("dependencies"))
      for (const auto& [dependency, range] : expected["dependencies"].items())
        dependencies.push_back({dependency, js_text(range)});
    auto ours = found->second.dependencies;
    const auto by_name = [](const DependencyRange& a, const DependencyRange& b) { return a.name < b.name; };
    std::sort(ours.begin(), ours.end(), by_name);
    std::sort(dependencies.begin(), dependencies.end(), by_name);
    EXPECT_TRUE(ours == dependencies) << name << ": " << key;
  }
  EXPECT_EQ(lock.entries().size(), compared) << name;
}

void expect_cases(const CompatLock& lock, const Json& cases, const std::string& name) {
  for (const auto& one : cases) {
    std::vector<DependencyRange> external;
    const auto internal = one["internal"].get<std::vector<std::string>>();
    for (const auto& [dependency, range] : one["dependencies"].items())
      if (std::find(internal.begin(), internal.end(), dependency) == internal.end() &&
          !is_object_member(dependency))
        external.push_back({dependency, range.get<std::string>()});
    EXPECT_EQ(lock.resolve(external), one["resolved"].get<std::vector<std::string>>())
        << name << ": " << base::to_text(one["dependencies"]);
  }
}

TEST(CompatLock, GoldenVectors) {
  const std::string folder = STILLAGE_VECTORS "/lock";
  const auto files = os::list_dir(folder);
  ASSERT_TRUE(files) << files.error().message;
  std::size_t cases = 0;
  for (const auto& file : *files) {
    const auto text = os::read_file(folder + "/" + file.name);
    ASSERT_TRUE(text);
    const auto vector = base::parse_json(*text, file.name);
    ASSERT_TRUE(vector) << vector.error().message;
    const auto lock =
        CompatLock::parse((*vector)["lockFile"].get<std::string>(), (*vector)["text"].get<std::string>());
    if (vector->contains("parseError")) {
      EXPECT_FALSE(lock) << file.name;
      continue;
    }
    ASSERT_TRUE(lock) << file.name << ": " << lock.error().message;
    expect_parsed(*lock, (*vector)["parsed"], file.name);
    expect_cases(*lock, (*vector)["cases"], file.name);
    cases += (*vector)["cases"].size();
  }
  EXPECT_GE(files->size(), 26U);
  EXPECT_GE(cases, 380U);
}

TEST(CompatLock, AYarnLockFurtherUpBeatsANearerOtherOne) {
  const test::TempDir dir;
  dir.write("yarn.lock", "# yarn lockfile v1\nx@1:\n  version \"1.0.0\"\n");
  dir.write("repo/pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  dir.write("repo/package-lock.json", "{\"lockfileVersion\":3}");
  auto lock = CompatLock::find(dir / "repo");
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_THAT(lock->resolve({{"x", "1"}}), testing::ElementsAre("x@1.0.0"));
  dir.write("repo/common/config/rush/yarn.lock", "# yarn lockfile v1\nx@1:\n  version \"1.5.0\"\n");
  lock = CompatLock::find(dir / "repo");
  ASSERT_TRUE(lock);
  EXPECT_THAT(lock->resolve({{"x", "1"}}), testing::ElementsAre("x@1.5.0"));
}

TEST(CompatLock, WithoutAnyItIsAnError) {
  const test::TempDir dir;
  const auto lock = CompatLock::find(dir.path());
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message, HasSubstr("yarn.lock, pnpm-lock.yaml or package-lock.json"));
}

}  // namespace
}  // namespace stillage::workspace
