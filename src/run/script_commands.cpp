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
#include "run/package_variables.h"
#include "run/script_environment.h"
#include "run/shell_quote.h"

namespace stillage::run {
namespace {

using base::Json;

constexpr std::uint64_t kMaxPackageJson = 16 << 20;

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

  /// The rest is found out when the first script is about to run: a run that restores everything needs none
  /// of it.
  std::once_flag settings_read, environments_made;
  std::string client_name;
  std::string through_client_because;
  ClientSettings settings;
  std::optional<ScriptEnvironments> environments;

  void read_settings();
  void make_environments() {
    std::call_once(environments_made, [this] {
      environments.emplace(workspace, callers, settings, find_npm_client(client_name, callers),
                           find_node(callers), options.color);
    });
  }

  std::string why_through_client() const;
  std::vector<std::string> events(const std::string& script, const std::string& text,
                                  const workspace::Package&) const;
  Result<Json> read_package(const Target& target) const;
  Result<std::vector<Step>> direct_steps(const graph::Node& node, const workspace::Package& package,
                                         const std::string& script, const std::string& text);
  std::vector<Step> client_steps(const graph::Node& node, const std::string& script) const;
};

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

void ScriptCommands::State::read_settings() {
  std::call_once(settings_read, [this] {
    client_name = options.npm_client;
    if (client_name.empty() && !options.like_lage) client_name = workspace.client;
    if (client_name.empty()) client_name = "npm";
    const auto node = os::find_program("node", callers.value_or("PATH", ""), "");
    const std::string node_file = node ? os::real_path(*node).value_or("") : "";
    const std::string global_file =
        node_file.empty() ? "" : os::join_path(os::parent_path(os::parent_path(node_file)), "etc/npmrc");
    settings = ClientSettings::read(workspace.root, client_name, callers, global_file);
    through_client_because = why_through_client();
  });
}

ScriptCommands::ScriptCommands(const workspace::Workspace& workspace, ScriptOptions options,
                               Environment environment)
    : state_(new State{.workspace = workspace,
                       .options = std::move(options),
                       .callers = std::move(environment),
                       .settings_read = {},
                       .environments_made = {},
                       .client_name = {},
                       .through_client_because = {},
                       .settings = {},
                       .environments = {}}) {}

ScriptCommands::~ScriptCommands() = default;

const std::string& ScriptCommands::through_client_because() const {
  state_->read_settings();
  return state_->through_client_because;
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
    const int major = environments->client().major();
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
                                                              const std::string& text) {
  make_environments();
  const Target& target = node_of_target.target;
  STILLAGE_ASSIGN(const Json json, read_package(target));
  const LayeredEnvironment environment = environments->of(node_of_target);

  std::vector<Step> steps;
  for (const std::string& event : events(script, text, package)) {
    std::string command = event == script ? text : *package.script(event);
    std::string with_args = command;
    if (event == script && !target.args.empty())
      with_args += " " + (client_name == "pnpm" ? quote_like_pnpm(target.args) : quote_like_npm(target.args));
    LayeredEnvironment layers = environment;
    Environment& own = layers.own();
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
        {event, {.argv = {"sh", "-c", std::move(with_args)}, .env = layers.list(), .cwd = target.cwd}});
  }
  return steps;
}

std::vector<Step> ScriptCommands::State::client_steps(const graph::Node& node_of_target,
                                                      const std::string& script) const {
  const Target& target = node_of_target.target;
  Environment callers_own = common_environment(callers, target, options.color);
  callers_own.unset("INIT_CWD");
  LayeredEnvironment environment(std::move(callers_own));
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
  if (!through_client_because().empty()) return state_->client_steps(node, script);
  return state_->direct_steps(node, *package, script, *text);
}

}  // namespace stillage::run
