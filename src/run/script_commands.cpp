// SPDX-License-Identifier: MIT
#include "run/script_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/json.h"
#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "run/client_settings.h"
#include "run/npm_client.h"
#include "run/package_variables.h"
#include "run/shell_quote.h"

namespace stillage::run {
namespace {

using base::Json;

constexpr std::uint64_t kMaxPackageJson = 16 << 20;

#if defined(__aarch64__)
constexpr const char* kArchitecture = "arm64";
#else
constexpr const char* kArchitecture = "x64";
#endif

/// Settings under which a client does more, or other, than we imitate.
constexpr const char* kClientOnlySettings[] = {
    "script-shell",           "shell-emulator",
    "ignore-scripts",         "node-options",
    "use-node-version",       "scripts-prepend-node-path",
    "verify-deps-before-run", "env",
};

/// What yarn 1 tells of its own command line.
std::string yarn_argv(const std::string& event, const std::string& script,
                      const std::vector<std::string>& args) {
  std::vector<std::string> original = {"run", script};
  original.insert(original.end(), args.begin(), args.end());
  return base::to_text(
      Json{{"remain", Json::array()}, {"cooked", Json::array({"run", event})}, {"original", original}});
}

}  // namespace

struct ScriptCommands::State {
  const workspace::Workspace& workspace;
  ScriptOptions options;
  Environment callers;
  std::string client_name;
  std::string through_client_because;
  ClientSettings settings;

  /// Found out when the first script is about to run: a run that restores everything needs neither.
  mutable std::once_flag programs_found;
  mutable NpmClient client;
  mutable NodeProgram node;

  void find_programs() const {
    std::call_once(programs_found, [this] {
      client = find_npm_client(client_name, callers);
      node = find_node(callers);
    });
  }

  std::string why_through_client() const;
  Environment common_environment(const Target& target) const;
  void add_npm_variables(Environment& environment, const Target& target) const;
  void add_yarn_variables(Environment& environment, const Target& target) const;
  void add_pnpm_variables(Environment& environment, const Target& target) const;
  std::string path_for(const Environment& environment, const Target& target) const;
  std::vector<std::string> events(const std::string& script, const std::string& text,
                                  const workspace::Package&) const;
  Result<Json> read_package(const Target& target) const;
  Result<std::vector<Step>> direct_steps(const graph::Node& node, const workspace::Package& package,
                                         const std::string& script, const std::string& text) const;
  std::vector<Step> client_steps(const graph::Node& node, const std::string& script) const;
};

namespace {

void add_node_options(Environment& environment, const graph::Node& node) {
  if (node.node_options.empty()) return;
  const std::string before = environment.value_or("NODE_OPTIONS", "");
  environment.set("NODE_OPTIONS", before.empty() ? node.node_options : before + " " + node.node_options);
}

/// lage's names, so that scripts written for it go on working; the last is what running_scripts.cpp knows
/// orphans by.
void add_target_variables(Environment& environment, const graph::Node& node) {
  environment.set("LAGE_PACKAGE_NAME", node.target.package_name);
  environment.set("LAGE_TASK", node.target.task);
  environment.set("LAGE_WEIGHT", std::to_string(node.weight));
  environment.set("STILLAGE_TARGET_DIR", node.target.cwd);
}

}  // namespace

std::string ScriptCommands::State::why_through_client() const {
  if (options.like_lage) return "lage does so";
  if (options.run_scripts_with == "client") return "runScriptsWith is \"client\"";
  if (workspace.manager == workspace::PackageManager::berry) return "the repository uses yarn berry";
  if (client_name != "npm" && client_name != "yarn" && client_name != "pnpm")
    return fmt::format("npmClient is \"{}\"", base::printable(client_name));
  for (const char* const file : {".pnp.cjs", ".pnp.js"})
    if (os::exists(os::join_path(workspace.root, file))) return fmt::format("there is a {}", file);
  for (const char* const setting : kClientOnlySettings) {
    if (setting == std::string_view("env") && client_name != "yarn") continue;
    if (settings.is_on(setting) || (setting == std::string_view("env") && settings.find(setting)))
      return fmt::format("the setting {} is in use", setting);
  }
  return "";
}

ScriptCommands::ScriptCommands(const workspace::Workspace& workspace, ScriptOptions options,
                               Environment environment)
    : state_(new State{.workspace = workspace,
                       .options = std::move(options),
                       .callers = std::move(environment),
                       .client_name = {},
                       .through_client_because = {},
                       .settings = {},
                       .programs_found = {},
                       .client = {},
                       .node = {}}) {
  State& state = *state_;
  state.client_name = state.options.npm_client;
  if (state.client_name.empty() && !state.options.like_lage) state.client_name = workspace.client;
  if (state.client_name.empty()) state.client_name = "npm";
  const auto node = os::find_program("node", state.callers.value_or("PATH", ""), "");
  const std::string node_file = node ? os::real_path(*node).value_or("") : "";
  const std::string global_file =
      node_file.empty() ? "" : os::join_path(os::parent_path(os::parent_path(node_file)), "etc/npmrc");
  state.settings = ClientSettings::read(workspace.root, state.client_name, state.callers, global_file);
  state.through_client_because = state.why_through_client();
}

ScriptCommands::~ScriptCommands() = default;

const std::string& ScriptCommands::through_client_because() const {
  return state_->through_client_because;
}

Environment ScriptCommands::State::common_environment(const Target& target) const {
  Environment environment = visible_environment(callers, target);
  // What an outer script was told of its own package and event is not true of this one.
  environment.unset_prefix("npm_package_");
  environment.unset_prefix("npm_lifecycle_");
  environment.unset("OLDPWD");
  environment.set("PWD", target.cwd);
  if (options.color && environment.find("NO_COLOR") == nullptr) environment.set_default("FORCE_COLOR", "1");
  return environment;
}

void ScriptCommands::State::add_npm_variables(Environment& environment, const Target& target) const {
  const std::string home = environment.value_or("HOME", "");
  const std::string prefix = settings.find("prefix").value_or(node.prefix());
  settings.export_to(environment);
  environment.set_default("EDITOR", environment.value_or("VISUAL", "vi"));
  environment.set("COLOR", "0");
  environment.set("INIT_CWD", target.cwd);
  environment.set("npm_package_json", os::join_path(target.cwd, "package.json"));
  environment.set("npm_config_local_prefix", workspace.single_package ? target.cwd : workspace.root);
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
  if (!node.path.empty()) {
    environment.set("NODE", node.path);
    environment.set("npm_node_execpath", node.path);
  }
  environment.set("npm_command", "run-script");
  if (client.package_dir.empty()) return;
  // npm 11 renamed the command, and with it what it calls itself.
  if (os::exists(client.package_dir + "/lib/commands/run.js")) environment.set("npm_command", "run");
  environment.set("npm_execpath", client.package_dir + "/bin/npm-cli.js");
  environment.set("npm_config_npm_version", client.version);
  environment.set("npm_config_node_gyp", client.package_dir + "/node_modules/node-gyp/bin/node-gyp.js");
  environment.set("npm_config_user_agent",
                  fmt::format("npm/{} node/{} linux {} workspaces/{}", client.version, node.version,
                              kArchitecture, !workspace.single_package));
}

void ScriptCommands::State::add_yarn_variables(Environment& environment, const Target& target) const {
  settings.export_to(environment);
  constexpr std::pair<const char*, const char*> kDefaults[] = {
      {"bin_links", "true"},    {"ignore_optional", ""},          {"ignore_scripts", ""},
      {"init_license", "MIT"},  {"init_version", "1.0.0"},        {"save_prefix", "^"},
      {"strict_ssl", "true"},   {"version_commit_hooks", "true"}, {"version_git_message", "v%s"},
      {"version_git_sign", ""}, {"version_git_tag", "true"},      {"version_tag_prefix", "v"},
  };
  for (const auto& [name, value] : kDefaults)
    environment.set_default(std::string("npm_config_") + name, value);
  environment.set("YARN_WRAP_OUTPUT", "false");
  environment.set_default("INIT_CWD", target.cwd);
  if (!node.path.empty()) environment.set_default("NODE", node.path);
  environment.set("npm_node_execpath", environment.value_or("NODE", ""));
  environment.set("npm_config_user_agent",
                  fmt::format("yarn/{} npm/? node/{} linux {}", client.version, node.version, kArchitecture));
  if (!client.main_file.empty()) environment.set("npm_execpath", client.main_file);
}

void ScriptCommands::State::add_pnpm_variables(Environment& environment, const Target& target) const {
  settings.export_to(environment);
  environment.set("INIT_CWD", target.cwd);
  environment.set("PNPM_SCRIPT_SRC_DIR", target.cwd);
  environment.set("npm_command", "run-script");
  environment.set("npm_config_frozen_lockfile", "");
  if (!node.path.empty()) environment.set_default("NODE", node.path);
  environment.set("npm_node_execpath", environment.value_or("NODE", ""));
  environment.set("npm_config_user_agent",
                  fmt::format("pnpm/{} npm/? node/{} linux {}", client.version, node.version, kArchitecture));
  if (!client.main_file.empty()) environment.set("npm_execpath", client.main_file);
  if (!client.package_dir.empty())
    environment.set_default("npm_config_node_gyp",
                            client.package_dir + "/dist/node_modules/node-gyp/bin/node-gyp.js");
}

std::string ScriptCommands::State::path_for(const Environment& environment, const Target& target) const {
  std::vector<std::string> folders = {os::join_path(target.cwd, "node_modules/.bin")};
  if (client_name == "npm") {
    for (std::string_view folder = target.cwd; folder != "/" && !folder.empty();) {
      folder = os::parent_path(folder);
      folders.push_back(os::join_path(folder, "node_modules/.bin"));
    }
    if (!client.package_dir.empty())
      folders.push_back(client.package_dir + "/node_modules/@npmcli/run-script/lib/node-gyp-bin");
  } else {
    if (client_name == "pnpm" && !client.package_dir.empty())
      folders.push_back(client.package_dir + "/dist/node-gyp-bin");
    if (!workspace.single_package) folders.push_back(os::join_path(workspace.root, "node_modules/.bin"));
  }
  const std::string before = environment.value_or("PATH", "");
  if (!before.empty()) folders.push_back(before);
  return base::join(folders, ":");
}

std::vector<std::string> ScriptCommands::State::events(const std::string& script, const std::string& text,
                                                       const workspace::Package& package) const {
  const auto has = [&](const std::string& name) {
    const std::string* const found = package.script(name);
    return found != nullptr && !found->empty();
  };
  const bool is_pnpm = client_name == "pnpm";
  bool with_others = true;
  if (is_pnpm) {
    // pnpm runs pre and post scripts on its own since version 9, before that only where told to.
    const int major = client.major();
    with_others = settings.find("enable-pre-post-scripts") ? settings.is_on("enable-pre-post-scripts")
                                                           : major == 0 || major >= 9;
  }
  std::vector<std::string> result;
  const auto add = [&](const std::string& name) {
    // pnpm takes a script that mentions its pre script to run it by itself.
    if (with_others && has(name) && !(is_pnpm && text.find(name) != std::string::npos))
      result.push_back(name);
  };
  add("pre" + script);
  result.push_back(script);
  add("post" + script);
  return result;
}

Result<Json> ScriptCommands::State::read_package(const Target& target) const {
  const std::string path = os::join_path(target.cwd, "package.json");
  STILLAGE_ASSIGN(const std::string text, os::read_file(path, kMaxPackageJson));
  STILLAGE_ASSIGN(Json package, base::parse_json(text, path, base::JsonDialect::jsonc));
  if (!package.is_object()) return fail(ErrorKind::invalid, fmt::format("{} is not an object", path));
  return package;
}

Result<std::vector<Step>> ScriptCommands::State::direct_steps(const graph::Node& node_of_target,
                                                              const workspace::Package& package,
                                                              const std::string& script,
                                                              const std::string& text) const {
  find_programs();
  const Target& target = node_of_target.target;
  STILLAGE_ASSIGN(Json json, read_package(target));
  Environment environment = common_environment(target);
  if (client_name == "npm")
    add_npm_variables(environment, target);
  else if (client_name == "yarn")
    add_yarn_variables(environment, target);
  else
    add_pnpm_variables(environment, target);
  add_node_options(environment, node_of_target);
  add_target_variables(environment, node_of_target);
  environment.set("PATH", path_for(environment, target));

  std::vector<Step> steps;
  for (const std::string& event : events(script, text, package)) {
    std::string command = event == script ? text : *package.script(event);
    std::string with_args = command;
    if (event == script && !target.args.empty())
      with_args += " " + (client_name == "pnpm" ? quote_like_pnpm(target.args) : quote_like_npm(target.args));
    Environment own = environment;
    // Only pnpm's scripts see the arguments in the text of their command.
    if (client_name == "pnpm") {
      Json changed = json;
      if (changed.contains("scripts") && changed["scripts"].is_object())
        changed["scripts"][event] = with_args;
      set_pnpm_package_variables(own, changed);
      command = with_args;
    } else if (client_name == "yarn") {
      set_yarn_package_variables(own, json);
      own.set("npm_config_argv", yarn_argv(event, script, target.args));
    } else {
      set_npm_package_variables(own, json);
    }
    own.set("npm_lifecycle_event", event);
    own.set("npm_lifecycle_script", command);
    steps.push_back(
        {event, {.argv = {"sh", "-c", std::move(with_args)}, .env = own.list(), .cwd = target.cwd}});
  }
  return steps;
}

std::vector<Step> ScriptCommands::State::client_steps(const graph::Node& node_of_target,
                                                      const std::string& script) const {
  const Target& target = node_of_target.target;
  Environment environment = common_environment(target);
  environment.unset("INIT_CWD");
  add_node_options(environment, node_of_target);
  add_target_variables(environment, node_of_target);
  std::vector<std::string> argv = {client_name, "run", script};
  // npm alone would take options among the arguments for its own; the others would hand the dashes on.
  if (!target.args.empty() && (client_name == "npm" || options.like_lage)) argv.emplace_back("--");
  argv.insert(argv.end(), target.args.begin(), target.args.end());
  return {{script, {.argv = std::move(argv), .env = environment.list(), .cwd = target.cwd}}};
}

Result<std::vector<Step>> ScriptCommands::steps(const graph::Node& node) const {
  const Target& target = node.target;
  if (!node.type.empty() && node.type != "npmScript")
    return fail(ErrorKind::unsupported,
                fmt::format("targets of type \"{}\" can't be run by this version: make it an npmScript",
                            base::printable(node.type)));
  const workspace::Workspace& workspace = state_->workspace;
  const workspace::Package* package = nullptr;
  if (node.package)
    package = &workspace.packages.at(*node.package);
  else if (workspace.root_package)
    package = &*workspace.root_package;
  else if (const auto root = workspace.index_of_dir(""))
    package = &workspace.packages[*root];
  const std::string& script = node.script.empty() ? target.task : node.script;
  const std::string* const text = package == nullptr ? nullptr : package->script(script);
  if (text == nullptr)
    return fail(ErrorKind::invalid, fmt::format("there is no script \"{}\" in {}", base::printable(script),
                                                os::join_path(target.cwd, "package.json")));
  if (!state_->through_client_because.empty()) return state_->client_steps(node, script);
  return state_->direct_steps(node, *package, script, *text);
}

}  // namespace stillage::run
