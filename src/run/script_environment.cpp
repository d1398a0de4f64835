// SPDX-License-Identifier: MIT
#include "run/script_environment.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "os/path.h"
#include "os/stat.h"

namespace stillage::run {
namespace {

#if defined(__aarch64__)
constexpr const char* kArchitecture = "arm64";
#else
constexpr const char* kArchitecture = "x64";
#endif

/// Where packages put programs, in every folder on the way up.
constexpr std::string_view kPrograms = "node_modules/.bin";

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

LayeredEnvironment::LayeredEnvironment(Environment base) {
  auto list = base.list();
  base_ = std::make_shared<const Base>(Base{std::move(base), std::move(list)});
}

const std::string* LayeredEnvironment::find(std::string_view name) const {
  const std::string* const own = own_.find(name);
  return own != nullptr ? own : base_->variables.find(name);
}

std::string LayeredEnvironment::value_or(std::string_view name, std::string_view fallback) const {
  const std::string* const value = find(name);
  return value == nullptr ? std::string(fallback) : *value;
}

std::vector<std::string> LayeredEnvironment::list() const {
  std::vector<std::string> own = own_.list();
  std::vector<std::string> all;
  // One more is added for scripts that run under locks.
  all.reserve(own.size() + base_->list.size() + 1);
  auto below = base_->list.begin();
  for (std::string& variable : own) {
    const std::string_view name = name_of(variable);
    for (; below != base_->list.end() && name_of(*below) < name; ++below) all.push_back(*below);
    if (below != base_->list.end() && name_of(*below) == name) ++below;
    all.push_back(std::move(variable));
  }
  all.insert(all.end(), below, base_->list.end());
  return all;
}

Environment common_environment(const Environment& callers, const Target& target, bool color) {
  Environment environment = visible_environment(callers, target);
  // What an outer script was told of its own package and event is not true of this one.
  environment.unset_prefix("npm_package_");
  environment.unset_prefix("npm_lifecycle_");
  environment.unset("OLDPWD");
  if (color && environment.find("NO_COLOR") == nullptr) environment.set_default("FORCE_COLOR", "1");
  return environment;
}

void add_target_variables(LayeredEnvironment& environment, const graph::Node& node) {
  if (!node.node_options.empty()) {
    const std::string before = environment.value_or("NODE_OPTIONS", "");
    environment.own().set("NODE_OPTIONS",
                          before.empty() ? node.node_options : before + " " + node.node_options);
  }
  Environment& own = environment.own();
  own.set("PWD", node.target.cwd);
  // lage's names, so that scripts written for it go on working; the last is what running_scripts.cpp knows
  // orphans by.
  own.set("LAGE_PACKAGE_NAME", node.target.package_name);
  own.set("LAGE_TASK", node.target.task);
  own.set("LAGE_WEIGHT", std::to_string(node.weight));
  own.set("STILLAGE_TARGET_DIR", node.target.cwd);
}

ScriptEnvironments::ScriptEnvironments(const workspace::Workspace& workspace, const Environment& callers,
                                       const ClientSettings& settings, NpmClient client, NodeProgram node,
                                       bool color)
    : workspace_(workspace),
      callers_(callers),
      settings_(settings),
      client_(std::move(client)),
      node_(std::move(node)),
      color_(color) {
  shared_.emplace(base_of(Target{}));
  shared_folders_ = base::join(shared_folders(), ":");
}

Environment ScriptEnvironments::base_of(const Target& target) const {
  Environment environment = common_environment(callers_, target, color_);
  if (client_.name == "npm")
    add_npm_variables(environment);
  else if (client_.name == "yarn")
    add_yarn_variables(environment);
  else
    add_pnpm_variables(environment);
  return environment;
}

void ScriptEnvironments::add_npm_variables(Environment& environment) const {
  const std::string home = environment.value_or("HOME", "");
  const std::string prefix = settings_.find("prefix").value_or(node_.prefix());
  settings_.export_to(environment);
  environment.set_default("EDITOR", environment.value_or("VISUAL", "vi"));
  environment.set("COLOR", "0");
  environment.set_default("npm_config_noproxy", "");
  if (!home.empty()) {
    environment.set_default("npm_config_cache", os::join_path(home, ".npm"));
    environment.set_default("npm_config_userconfig", os::join_path(home, ".npmrc"));
    environment.set_default("npm_config_init_module", os::join_path(home, ".npm-init.js"));
  }
  if (!prefix.empty()) {
    environment.set_default("npm_config_prefix", prefix);
    environment.set("npm_config_global_prefix", prefix);
    environment.set_default("npm_config_globalconfig", os::join_path(prefix, "etc/npmrc"));
  }
  if (!node_.path.empty()) {
    environment.set("NODE", node_.path);
    environment.set("npm_node_execpath", node_.path);
  }
  environment.set("npm_command", "run-script");
  if (client_.package_dir.empty()) return;
  // npm 11 renamed the command, and with it what it calls itself.
  if (os::exists(client_.package_dir + "/lib/commands/run.js")) environment.set("npm_command", "run");
  environment.set("npm_execpath", client_.package_dir + "/bin/npm-cli.js");
  environment.set("npm_config_npm_version", client_.version);
  environment.set("npm_config_node_gyp", client_.package_dir + "/node_modules/node-gyp/bin/node-gyp.js");
  environment.set("npm_config_user_agent",
                  fmt::format("npm/{} node/{} linux {} workspaces/{}", client_.version, node_.version,
                              kArchitecture, !workspace_.single_package));
}

void ScriptEnvironments::add_yarn_variables(Environment& environment) const {
  settings_.export_to(environment);
  constexpr std::pair<const char*, const char*> kDefaults[] = {
      {"bin_links", "true"},    {"ignore_optional", ""},          {"ignore_scripts", ""},
      {"init_license", "MIT"},  {"init_version", "1.0.0"},        {"save_prefix", "^"},
      {"strict_ssl", "true"},   {"version_commit_hooks", "true"}, {"version_git_message", "v%s"},
      {"version_git_sign", ""}, {"version_git_tag", "true"},      {"version_tag_prefix", "v"},
  };
  for (const auto& [name, value] : kDefaults)
    environment.set_default(std::string("npm_config_") + name, value);
  environment.set("YARN_WRAP_OUTPUT", "false");
  if (!node_.path.empty()) environment.set_default("NODE", node_.path);
  environment.set("npm_node_execpath", environment.value_or("NODE", ""));
  environment.set("npm_config_user_agent", fmt::format("yarn/{} npm/? node/{} linux {}", client_.version,
                                                       node_.version, kArchitecture));
  if (!client_.main_file.empty()) environment.set("npm_execpath", client_.main_file);
}

void ScriptEnvironments::add_pnpm_variables(Environment& environment) const {
  settings_.export_to(environment);
  environment.set("npm_command", "run-script");
  environment.set("npm_config_frozen_lockfile", "");
  if (!node_.path.empty()) environment.set_default("NODE", node_.path);
  environment.set("npm_node_execpath", environment.value_or("NODE", ""));
  environment.set("npm_config_user_agent", fmt::format("pnpm/{} npm/? node/{} linux {}", client_.version,
                                                       node_.version, kArchitecture));
  if (!client_.main_file.empty()) environment.set("npm_execpath", client_.main_file);
  if (!client_.package_dir.empty())
    environment.set_default("npm_config_node_gyp",
                            client_.package_dir + "/dist/node_modules/node-gyp/bin/node-gyp.js");
}

LayeredEnvironment ScriptEnvironments::of(const graph::Node& node) const {
  const Target& target = node.target;
  LayeredEnvironment environment =
      target.env_mode == EnvMode::loose ? *shared_ : LayeredEnvironment(base_of(target));
  Environment& own = environment.own();
  if (client_.name == "npm") {
    own.set("npm_package_json", os::join_path(target.cwd, "package.json"));
    own.set("npm_config_local_prefix", workspace_.single_package ? target.cwd : workspace_.root);
  }
  if (client_.name != "yarn" || environment.find("INIT_CWD") == nullptr) own.set("INIT_CWD", target.cwd);
  if (client_.name == "pnpm") own.set("PNPM_SCRIPT_SRC_DIR", target.cwd);
  add_target_variables(environment, node);
  std::vector<std::string> folders = folders_of(target);
  if (!shared_folders_.empty()) folders.push_back(shared_folders_);
  own.set("PATH", base::join(folders, ":"));
  return environment;
}

/// What the PATH of a target begins with.
std::vector<std::string> ScriptEnvironments::folders_of(const Target& target) const {
  std::vector<std::string> folders;
  if (client_.name != "npm") {
    folders.push_back(os::join_path(target.cwd, kPrograms));
    return folders;
  }
  for (std::string_view folder = target.cwd; folder.size() > workspace_.root.size();
       folder = os::parent_path(folder))
    folders.push_back(os::join_path(folder, kPrograms));
  return folders;
}

/// What the PATH of every target ends with.
std::vector<std::string> ScriptEnvironments::shared_folders() const {
  std::vector<std::string> folders;
  if (client_.name == "npm") {
    for (std::string_view folder = workspace_.root;; folder = os::parent_path(folder)) {
      folders.push_back(os::join_path(folder, kPrograms));
      if (folder.size() <= 1) break;
    }
    if (!client_.package_dir.empty())
      folders.push_back(client_.package_dir + "/node_modules/@npmcli/run-script/lib/node-gyp-bin");
  } else {
    if (client_.name == "pnpm" && !client_.package_dir.empty())
      folders.push_back(client_.package_dir + "/dist/node-gyp-bin");
    if (!workspace_.single_package) folders.push_back(os::join_path(workspace_.root, kPrograms));
  }
  const std::string before = callers_.value_or("PATH", "");
  if (!before.empty()) folders.push_back(before);
  return folders;
}

}  // namespace stillage::run
