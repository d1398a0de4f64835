// SPDX-License-Identifier: MIT
#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "config/cache_options_reader.h"
#include "config/config_text.h"
#include "config/pipeline_reader.h"
#include "graph/package_set.h"
#include "hasher/input_patterns.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::config {
namespace {

constexpr std::uint64_t kLargestPackageFile = std::uint64_t{16} << 20;

/// Everything of a configuration object but its pipeline, which needs to know of the rest.
class ObjectReader {
 public:
  ObjectReader(Settings& settings, const std::string& root) : settings_(settings), root_(root) {}

  Status read(const Field& object) {
    const auto hint = [](const std::string& key) -> std::string {
      const auto& keys = cache_option_keys();
      return std::find(keys.begin(), keys.end(), key) == keys.end() ? "" : "it belongs into \"cacheOptions\"";
    };
    return read_options(object, options(), settings_.warnings, hint);
  }

  bool merging() const { return merging_; }

 private:
  std::vector<Option> options() {
    graph::TargetDefaults& defaults = settings_.pipeline.defaults;
    std::vector<Option> all = {
        {"$schema", {}},
        {"$import",
         [](const Field& field) -> Status {
           return field.wrong(
               "can't be used: write the options of the other file here, or use a JavaScript configuration");
         }},
        {"pipeline", {}},
        {"cacheOptions",
         [&](const Field& field) {
           return read_cache_options(field, root_, settings_.cache_options, settings_.warnings);
         }},
        {"npmClient",
         [&](const Field& field) {
           return word(field, {"npm", "yarn", "pnpm"}, settings_.npm_client);
         }},
        {"runScriptsWith", [&](const Field& field) { return read_run_scripts_with(field); }},
        {"concurrency", [&](const Field& field) { return read_concurrency(field); }},
        {"normalizeLineEndings", into(settings_.normalize_line_endings)},
        {"env", names(defaults.env)},
        {"passThroughEnv", names(defaults.pass_through_env)},
        {"envMode", assign(defaults.env_mode, read_env_mode)},
        {"keyOn", assign(defaults.key_on, read_key_on)},
        {"clean", into(defaults.clean)},
        {"absolutePaths", assign(defaults.absolute_paths, read_absolute_paths)},
        {"priorities", [&](const Field& field) { return read_priorities(field); }},
        {"ignore", into(settings_.ignore)},
        {"repoWideChanges", into(settings_.repo_wide_changes)},
        {"allowNoTargetRuns", into(settings_.allow_no_target_runs)},
        {"enableTargetConfigMerging", into(merging_)},
        {"enablePhantomTargetOptimization", into(settings_.pipeline.passes_over_missing_scripts)},
    };
    // Of lage's own machinery; here such things are options of the command line, or are not needed.
    for (const char* const key :
         {"loggerOptions", "runners", "workerIdleMemoryLimit", "reporter", "reporters"})
      all.push_back({key, {}});
    return all;
  }

  static Status word(const Field& field, const std::vector<std::string>& words, std::string& variable) {
    STILLAGE_ASSIGN(variable, field.word(words));
    return {};
  }

  Status read_run_scripts_with(const Field& field) {
    STILLAGE_ASSIGN(const std::string how, field.word({"direct", "client"}));
    settings_.run_scripts_with = how == "client" ? how : "";
    return {};
  }

  Status read_concurrency(const Field& field) {
    STILLAGE_ASSIGN(const int number, field.number());
    if (number < 1) return field.wrong("must be at least 1");
    settings_.concurrency = number;
    return {};
  }

  Status read_priorities(const Field& list) {
    if (!list.json().is_array()) return list.wrong("must be a list of objects");
    for (std::size_t i = 0; i < list.json().size(); ++i) {
      graph::TargetPriority priority;
      STILLAGE_TRY(read_options(list.child(std::to_string(i), list.json()[i]),
                                {{"package", into(priority.package)},
                                 {"task", into(priority.task)},
                                 {"priority", into(priority.priority)}},
                                settings_.warnings));
      // As in lage, only those of a package count.
      if (!priority.package.empty()) settings_.pipeline.priorities.push_back(std::move(priority));
    }
    return {};
  }

  static std::function<Status(const Field&)> names(std::vector<std::string>& variable) {
    return assign(variable, read_variable_names);
  }

  template <class T, class Read>
  static std::function<Status(const Field&)> assign(T& variable, Read read) {
    return [&variable, read](const Field& field) -> Status {
      STILLAGE_ASSIGN(variable, read(field));
      return {};
    };
  }

  Settings& settings_;
  const std::string& root_;
  bool merging_ = false;
};

/// The field of a package that overrides the pipeline. `config_text` of the workspace has its value, but not
/// its name, nor the lines.
Result<Source> package_source(const workspace::Workspace& workspace, const workspace::Package& package) {
  const std::string file = os::join_path(package.dir, "package.json");
  STILLAGE_ASSIGN(const std::string text,
                  os::read_file(os::join_path(workspace.root, file), kLargestPackageFile));
  STILLAGE_ASSIGN(Source source, parse_config_member(file, text, "stillage"));
  if (!source.value.is_null()) return source;
  STILLAGE_ASSIGN(source, parse_config_member(file, text, "lage"));
  source.unknown_keys = Source::UnknownKeys::warning;
  return source;
}

/// An entry for a package that does not exist is a typing error: what it says would be lost silently.
Status check_packages(const graph::Pipeline& pipeline, const workspace::Workspace& workspace) {
  for (const auto& [id, task] : pipeline.entries) {
    const std::string package = id.substr(0, id.find('#'));
    if (package.size() == id.size() || package.empty() || workspace.index_of(package)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("{}: there is no package \"{}\"{}", task.origin, base::printable(package),
                            graph::did_you_mean(package, graph::package_names(workspace))));
  }
  return {};
}

/// Of inputs the hasher tells the same.
void warn_of_outputs(Settings& settings) {
  const auto check = [&](const std::optional<std::vector<std::string>>& outputs, const std::string& whose) {
    if (!outputs || outputs->empty() || !std::all_of(outputs->begin(), outputs->end(), hasher::takes_away))
      return;
    settings.warnings.push_back(
        fmt::format("{}: entries with \"!\" alone select nothing, so only the log is kept; put what the task "
                    "makes before them",
                    whose));
  };
  for (const auto& [id, task] : settings.pipeline.entries)
    check(task.outputs, fmt::format("{}: outputs of {}", task.origin, base::printable(id)));
  check(settings.cache_options.output_glob, "cacheOptions.outputGlob");
}

}  // namespace

Result<Settings> read_settings(const Source& source, const workspace::Workspace& workspace,
                               const run::Environment& environment) {
  Settings settings;
  settings.config_file = source.file;

  STILLAGE_TRY(check_repeated(source, settings.warnings));
  const Field top(source.value, source);
  ObjectReader reader(settings, workspace.root);
  STILLAGE_TRY(reader.read(top));

  PipelineReader pipeline(workspace.root, reader.merging());
  if (const auto member = source.value.find("pipeline"); member != source.value.end() && !member->is_null())
    STILLAGE_TRY(pipeline.add(top.child("pipeline", *member), "", settings.warnings));
  for (const workspace::Package& package : workspace.packages) {
    // In the root, the field is the configuration itself.
    if (package.config_text.empty() || package.dir.empty()) continue;
    STILLAGE_ASSIGN(const Source own, package_source(workspace, package));
    STILLAGE_TRY(check_repeated(own, settings.warnings));
    if (!own.value.is_null())
      STILLAGE_TRY(pipeline.add(Field(own.value, own), package.name + "#", settings.warnings));
  }
  settings.pipeline.entries = pipeline.take();
  STILLAGE_TRY(check_packages(settings.pipeline, workspace));

  STILLAGE_TRY(apply_environment(environment, workspace.root, settings.cache_options, settings.warnings));
  if (const std::string text = environment.value_or("STILLAGE_CONCURRENCY", ""); !text.empty()) {
    const auto number = base::parse_json(text, "STILLAGE_CONCURRENCY");
    if (!number || !number->is_number_unsigned() || number->get<std::uint64_t>() < 1 ||
        number->get<std::uint64_t>() > 10000)
      return fail(ErrorKind::invalid,
                  "the environment variable STILLAGE_CONCURRENCY must be a number from 1 on");
    settings.concurrency = number->get<int>();
  }
  // It would take from a key what a package without the script passes on.
  if (settings.cache_options.compat == Compat::none) settings.pipeline.passes_over_missing_scripts = false;
  settings.pipeline.defaults.outputs = settings.cache_options.output_glob;
  warn_of_outputs(settings);
  return settings;
}

}  // namespace stillage::config
