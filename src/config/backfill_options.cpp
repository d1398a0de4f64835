// SPDX-License-Identifier: MIT
#include "config/backfill_options.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "config/cache_options_reader.h"
#include "config/pipeline_reader.h"
#include "config/script_config.h"
#include "config/storage_reader.h"
#include "config/upwards.h"
#include "os/path.h"
#include "workspace/package_json.h"

namespace stillage::config {
namespace {

constexpr const char* kConfigFile = "backfill.config.js";
constexpr const char* kPackageFile = "package.json";

Result<BackfillOptions> default_options(const std::string& dir) {
  const auto file = find_upwards(dir, kPackageFile);
  if (!file)
    return fail(
        ErrorKind::invalid,
        fmt::format("there is no package.json in {} or above it: backfill keeps the outputs of packages",
                    base::printable(dir)));
  STILLAGE_ASSIGN(const auto package, workspace::read_package_json(*file, *file));
  BackfillOptions options;
  options.package_root = os::parent_path(*file);
  options.name = package ? package->package.name : "";
  // As backfill names such a package: after the folder around it.
  if (options.name.empty()) options.name = os::file_name(os::parent_path(options.package_root));
  options.internal_cache_folder = os::join_path(options.package_root, "node_modules/.cache/backfill");
  options.log_folder = options.internal_cache_folder;
  return options;
}

/// The values of every configuration, the farthest one first. Node is started for the first of them.
Status apply_configs(const std::string& dir, const run::Environment& environment, BackfillOptions& options,
                     std::vector<std::string>& warnings) {
  const std::vector<std::string> files = find_all_upwards(dir, kConfigFile);
  std::optional<ScriptConfig> node;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (!node) {
      STILLAGE_ASSIGN(auto started, ScriptConfig::start(dir, *file, environment));
      node.emplace(std::move(started));
    }
    Source source;
    source.file = *file;
    source.unknown_keys = Source::UnknownKeys::warning;
    STILLAGE_ASSIGN(source.value, node->load(*file));
    STILLAGE_TRY(apply_backfill_config(source, options, warnings));
  }
  return {};
}

Status read_provider(const Field& field, CacheStorageConfig& storage, std::vector<std::string>& warnings) {
  CacheStorageConfig read;
  STILLAGE_TRY(read_cache_storage(field, read, warnings));
  if (read.provider == "custom")
    return fail(ErrorKind::unsupported, field.child("provider", field.json()["provider"])
                                                .wrong("is a function, and custom providers can't be called")
                                                .value()
                                                .message +
                                            ": use \"local\" or \"local-skip\"");
  storage = std::move(read);
  return {};
}

Status read_log_level(const Field& field, LogThreshold& level) {
  STILLAGE_ASSIGN(const std::string word, field.word({"silly", "verbose", "info", "warn", "error", "mute"}));
  level = *parse_log_threshold(word);
  return {};
}

Status read_outputs(const Field& field, std::vector<std::string>& globs) {
  // globby takes a single glob, too.
  const base::Json list = field.json().is_string() ? base::Json::array({field.json()}) : field.json();
  const Field fields(list, field.source(), field.path());
  STILLAGE_TRY(check_outputs(fields));
  STILLAGE_ASSIGN(globs, fields.texts());
  return {};
}

/// Reads a text; an empty one says nothing.
std::function<Status(const Field&)> into_filled(std::string& variable) {
  return [&variable](const Field& field) -> Status {
    STILLAGE_ASSIGN(std::string text, field.text());
    if (!text.empty()) variable = std::move(text);
    return {};
  };
}

template <class T>
void lay_over(std::optional<T> value, T& variable) {
  if (value) variable = std::move(*value);
}

}  // namespace

Status apply_backfill_config(const Source& source, BackfillOptions& options,
                             std::vector<std::string>& warnings) {
  if (source.value.is_null()) return {};
  const std::vector<Option> known = {
      {"cacheStorageConfig",
       [&](const Field& field) { return read_provider(field, options.cache_storage_config, warnings); }},
      {"clearOutput", into(options.clear_output)},
      {"internalCacheFolder", into_filled(options.internal_cache_folder)},
      {"logFolder", into_filled(options.log_folder)},
      {"logLevel", [&](const Field& field) { return read_log_level(field, options.log_level); }},
      {"name", into_filled(options.name)},
      {"mode", [&](const Field& field) { return read_cache_mode(field, options.mode); }},
      {"outputGlob", [&](const Field& field) { return read_outputs(field, options.output_glob); }},
      {"packageRoot", into_filled(options.package_root)},
      {"performanceReportName", into(options.performance_report_name)},
      {"producePerformanceLogs", into(options.produce_performance_logs)},
      {"validateOutput", into(options.validate_output)},
      {"incrementalCaching", into(options.incremental_caching)},
  };
  return read_options(Field(source.value, source), known, warnings);
}

Status apply_backfill_variables(const run::Environment& environment, BackfillOptions& options,
                                std::vector<std::string>& warnings) {
  const auto text = [&](const char* name) { return text_variable(environment, name); };
  const auto flag = [&](const char* name, bool& variable) {
    lay_over(flag_variable(environment, name), variable);
  };
  STILLAGE_ASSIGN(auto storage, storage_variables(environment, warnings));
  lay_over(std::move(storage), options.cache_storage_config);
  flag("BACKFILL_CLEAR_OUTPUT", options.clear_output);
  lay_over(text("BACKFILL_LOG_FOLDER"), options.log_folder);
  STILLAGE_ASSIGN(const auto level, log_level_variable(environment, "BACKFILL_LOG_LEVEL"));
  lay_over(level, options.log_level);
  lay_over(text("BACKFILL_NAME"), options.name);
  STILLAGE_ASSIGN(const auto mode, mode_variable(environment, "BACKFILL_MODE"));
  lay_over(mode, options.mode);
  STILLAGE_ASSIGN(auto outputs, outputs_variable(environment, "BACKFILL_OUTPUT_GLOB"));
  lay_over(std::move(outputs), options.output_glob);
  lay_over(text("BACKFILL_PACKAGE_ROOT"), options.package_root);
  lay_over(text("BACKFILL_INTERNAL_CACHE_FOLDER"), options.internal_cache_folder);
  lay_over(text("BACKFILL_PERFORMANCE_REPORT_NAME"), options.performance_report_name);
  flag("BACKFILL_PRODUCE_PERFORMANCE_LOGS", options.produce_performance_logs);
  flag("BACKFILL_VALIDATE_OUTPUT", options.validate_output);
  flag("BACKFILL_INCREMENTAL_CACHING", options.incremental_caching);
  return {};
}

Result<BackfillOptions> read_backfill_options(const std::string& dir, const run::Environment& environment,
                                              std::vector<std::string>& warnings) {
  STILLAGE_ASSIGN(BackfillOptions options, default_options(dir));
  STILLAGE_TRY(apply_configs(dir, environment, options, warnings));
  STILLAGE_TRY(apply_backfill_variables(environment, options, warnings));
  const auto resolve = [](const std::string& base, std::string& path) {
    path = os::normalise_path(os::join_path(base, path));
  };
  resolve(dir, options.package_root);
  resolve(dir, options.log_folder);
  resolve(options.package_root, options.internal_cache_folder);
  return options;
}

}  // namespace stillage::config
