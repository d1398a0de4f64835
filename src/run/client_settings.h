// SPDX-License-Identifier: MIT
#pragma once
// The settings of npm, yarn 1 and pnpm that bear on how they run scripts, from .npmrc, .yarnrc,
// pnpm-workspace.yaml and npm_config_* variables. What can't be read counts as absent, as it does for them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/environment.h"

namespace stillage::run {

class ClientSettings {
 public:
  /// `client` is "npm", "yarn" or "pnpm"; `global_file` the installation's npmrc, "" for none.
  static ClientSettings read(const std::string& root, std::string_view client, const Environment& environment,
                             const std::string& global_file);

  /// The value of a setting by its npmrc name ("script-shell"): the variable, else the project's file, else
  /// the user's, else the global one.
  std::optional<std::string> find(std::string_view name) const;
  /// A setting that is there and neither empty, "false" nor "null".
  bool is_on(std::string_view name) const;

  /// Sets what the clients hand on of their npmrc files as npm_config_*: no scopes, no hosts, no credentials.
  void export_to(Environment& environment) const;

 private:
  void add(std::string name, std::string value, bool exported);
  void add_npmrc(const std::string& path, const Environment& environment);
  void add_lines(const std::string& path, char separator);

  struct Setting {
    std::string name, value;
    bool exported = false;
  };
  std::vector<Setting> settings_;
};

}  // namespace stillage::run
