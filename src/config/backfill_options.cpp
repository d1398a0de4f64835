// SPDX-License-Identifier: MIT
#include "config/backfill_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/json.h"
#include "base/strings.h"

namespace stillage::config {
namespace {

constexpr const char* kProvider = "BACKFILL_CACHE_PROVIDER";
constexpr const char* kProviderOptions = "BACKFILL_CACHE_PROVIDER_OPTIONS";

using Words = std::vector<std::string>;

tl::unexpected<Error> invalid_value(std::string_view variable, std::string_view expected,
                                    std::string_view received) {
  return fail(
      ErrorKind::invalid,
      fmt::format("Backfill config option {} was set to an invalid value.\nExpected: {}\nReceived: {}",
                  variable, expected, base::printable(received)));
}

/// The options of a provider may hold keys and tokens, in any place once they are misspelt.
std::string without_secrets(const std::string& options) {
  const std::string lower = base::to_lower(options);
  for (const char* const sign : {"key", "sig", "token", "secret", "password", "credential", "@"})
    if (lower.find(sign) != std::string::npos) return "<redacted>";
  return base::printable(options);
}

Result<std::size_t> word_at(const std::string& variable, const std::string& value, const Words& words) {
  const auto found = std::find(words.begin(), words.end(), value);
  if (found == words.end()) return invalid_value(variable, "one of " + base::join(words, ", "), value);
  return static_cast<std::size_t>(found - words.begin());
}

Status read_globs(const std::string& variable, const std::string& value, std::vector<std::string>& globs) {
  const auto list = base::parse_json(value, variable);
  const bool is_list = value.starts_with('[') && value.ends_with(']') && list && list->is_array();
  if (!is_list || !std::all_of(list->begin(), list->end(), [](const auto& item) { return item.is_string(); }))
    return invalid_value(variable, "array of strings", value);
  globs = list->get<std::vector<std::string>>();
  return {};
}

/// As JavaScript would print it.
std::string text_of(const base::Json& value) {
  if (value.is_object()) return "[object Object]";
  return value.is_string() ? without_secrets(value.get<std::string>()) : base::to_text(value);
}

/// 0 stands for no limit here.
std::uint64_t max_size_of(double value) {
  if (value == 0) return 0;
  if (value >= 1e18) return 0;
  return std::max<std::uint64_t>(1, value > 0 ? static_cast<std::uint64_t>(value) : 0);
}

Result<CacheStorageConfig> read_storage(const std::string& provider, const std::string& text,
                                        const Words& required) {
  const auto parsed = base::parse_json(text, kProviderOptions);
  if (!parsed)
    return fail(ErrorKind::invalid,
                fmt::format("Could not parse {} as JSON:\n\"{}\"", kProviderOptions, without_secrets(text)));
  const bool is_complete =
      parsed->is_object() && std::all_of(required.begin(), required.end(), [&](const std::string& key) {
        return parsed->contains(key) && parsed->at(key).is_string();
      });
  if (!is_complete)
    return fail(ErrorKind::invalid,
                fmt::format("Invalid {} for {}=\"{}\":\nExpected: object with string values for keys "
                            "\"{}\"\nReceived: \"{}\"",
                            kProviderOptions, kProvider, provider, base::join(required, "\", \""),
                            without_secrets(text)));
  CacheStorageConfig storage;
  storage.provider = provider;
  for (const auto& [key, value] : parsed->items()) {
    if (key == "maxSize" && provider == "azure-blob") {
      if (!value.is_number())
        return fail(ErrorKind::invalid,
                    fmt::format("Invalid {} for {}=\"{}\":expected \"maxSize\" property to be unspecified or "
                                "a number; received: {}",
                                kProviderOptions, kProvider, provider, text_of(value)));
      storage.max_size = max_size_of(value.get<double>());
    } else if (key == "credentialName" && value.is_string()) {
      storage.credential_name = value.get<std::string>();
    } else if (value.is_string()) {
      storage.options.insert_or_assign(key, value.get<std::string>());
    }
  }
  return storage;
}

Status read_provider(const run::Environment& environment, BackfillOptions& options) {
  const std::string provider = environment.value_or(kProvider, "");
  const std::string given = environment.value_or(kProviderOptions, "");
  const std::string text = given.empty() ? "{}" : given;
  if (provider == "azure-blob") {
    STILLAGE_ASSIGN(options.cache_storage_config,
                    read_storage(provider, text, {"connectionString", "container"}));
  } else if (provider == "npm") {
    STILLAGE_ASSIGN(options.cache_storage_config,
                    read_storage(provider, text, {"npmPackageName", "registryUrl"}));
  } else if (provider == "local" || provider == "local-skip") {
    options.cache_storage_config = CacheStorageConfig{.provider = provider};
  } else if (!provider.empty()) {
    options.warnings.push_back(
        fmt::format("Ignoring unknown {}: \"{}\"", kProvider, base::printable(provider)));
  } else if (!given.empty()) {
    options.warnings.push_back(
        fmt::format("Ignoring unknown {}: \"{}\"", kProviderOptions, without_secrets(given)));
  }
  return {};
}

}  // namespace

Result<BackfillOptions> read_backfill_environment(const run::Environment& environment, BackfillOptions base) {
  STILLAGE_TRY(read_provider(environment, base));
  using Reader = std::function<Status(const std::string& variable, const std::string& value)>;
  const auto flag = [](bool& option) -> Reader {
    return [&option](const std::string&, const std::string& value) -> Status {
      option = value == "true";
      return {};
    };
  };
  const auto text = [](auto& option) -> Reader {
    return [&option](const std::string&, const std::string& value) -> Status {
      option = value;
      return {};
    };
  };
  const Reader log_level = [&base](const std::string& variable, const std::string& value) -> Status {
    STILLAGE_ASSIGN(const std::size_t level,
                    word_at(variable, value, {"silly", "verbose", "info", "warn", "error", "mute"}));
    base.log_level = static_cast<BackfillLogLevel>(level);
    return {};
  };
  const Reader mode = [&base](const std::string& variable, const std::string& value) -> Status {
    constexpr CacheMode kModes[] = {CacheMode::read_only, CacheMode::write_only, CacheMode::read_write,
                                    CacheMode::pass};
    STILLAGE_ASSIGN(const std::size_t index,
                    word_at(variable, value, {"READ_ONLY", "WRITE_ONLY", "READ_WRITE", "PASS"}));
    base.mode = kModes[index];
    return {};
  };
  const Reader output_glob = [&base](const std::string& variable, const std::string& value) {
    return read_globs(variable, value, base.output_glob);
  };
  // In backfill's order: of several wrong ones it tells the first.
  const std::pair<const char*, Reader> variables[] = {
      {"BACKFILL_CLEAR_OUTPUT", flag(base.clear_output)},
      {"BACKFILL_INTERNAL_CACHE_FOLDER", text(base.internal_cache_folder)},
      {"BACKFILL_LOG_FOLDER", text(base.log_folder)},
      {"BACKFILL_LOG_LEVEL", log_level},
      {"BACKFILL_NAME", text(base.name)},
      {"BACKFILL_MODE", mode},
      {"BACKFILL_OUTPUT_GLOB", output_glob},
      {"BACKFILL_PACKAGE_ROOT", text(base.package_root)},
      {"BACKFILL_PERFORMANCE_REPORT_NAME", text(base.performance_report_name)},
      {"BACKFILL_PRODUCE_PERFORMANCE_LOGS", flag(base.produce_performance_logs)},
      {"BACKFILL_VALIDATE_OUTPUT", flag(base.validate_output)},
      {"BACKFILL_INCREMENTAL_CACHING", flag(base.incremental_caching)},
  };
  for (const auto& variable : variables) {
    const std::string value = environment.value_or(variable.first, "");
    if (!value.empty()) STILLAGE_TRY(variable.second(variable.first, value));
  }
  return base;
}

}  // namespace stillage::config
