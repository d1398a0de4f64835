// SPDX-License-Identifier: MIT
#pragma once
// A repository with an app and a library, for tests of configurations.

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "support/temp_dir.h"
#include "workspace/workspace.h"

namespace stillage::config {

using Variables = std::map<std::string, std::string>;

/// The environment of a test: these variables and a PATH, without anything that a CI machine may have set.
inline run::Environment environment_of(const Variables& variables = {}) {
  run::Environment environment;
  const char* const path = std::getenv("PATH");
  environment.set("PATH", path == nullptr ? "/usr/bin:/bin" : path);
  for (const auto& [name, value] : variables) environment.set(name, value);
  return environment;
}

class Repo : public test::TempDir {
 public:
  Repo() {
    write("package.json", R"({"name": "root", "private": true, "workspaces": ["packages/*"]})");
    write("package-lock.json", R"({"lockfileVersion": 3, "packages": {}})");
    write(
        "packages/app/package.json",
        R"({"name": "app", "version": "1.0.0", "dependencies": {"lib": "*"}, "scripts": {"build": "b", "test": "t"}})");
    write("packages/lib/package.json", R"({"name": "lib", "version": "1.0.0", "scripts": {"build": "b"}})");
  }

  Result<Settings> settings(const Variables& variables = {}) const {
    const run::Environment environment = environment_of(variables);
    STILLAGE_ASSIGN(const auto found, find_config(path(), environment));
    STILLAGE_ASSIGN(const auto workspace, workspace::discover(path()));
    return read_settings(found.source, workspace, environment);
  }

  /// The settings of a repository whose stillage.config.json has this text.
  Result<Settings> with(std::string_view text, const Variables& variables = {}) const {
    write("stillage.config.json", text);
    return settings(variables);
  }

  std::string error(std::string_view text, const Variables& variables = {}) const {
    const auto settings = with(text, variables);
    return settings ? "no error" : settings.error().message;
  }
};

inline const graph::TaskDefinition& task(const Settings& settings, std::string_view id) {
  for (auto entry = settings.pipeline.entries.rbegin(); entry != settings.pipeline.entries.rend(); ++entry)
    if (entry->first == id) return entry->second;
  static const graph::TaskDefinition none;
  ADD_FAILURE() << "no task " << id;
  return none;
}

using Texts = std::vector<std::string>;

}  // namespace stillage::config
