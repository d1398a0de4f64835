// SPDX-License-Identifier: MIT
#include "config/backfill_variables.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "config/field.h"
#include "config/pipeline_reader.h"
#include "config/storage_reader.h"

namespace stillage::config {
namespace {

constexpr const char* kProvider = "BACKFILL_CACHE_PROVIDER";
constexpr const char* kProviderOptions = "BACKFILL_CACHE_PROVIDER_OPTIONS";

constexpr std::pair<const char*, CacheMode> kModes[] = {{"READ_ONLY", CacheMode::read_only},
                                                        {"WRITE_ONLY", CacheMode::write_only},
                                                        {"READ_WRITE", CacheMode::read_write},
                                                        {"PASS", CacheMode::pass}};

const std::pair<const char*, LogThreshold> kLogLevels[] = {
    {"silly", base::LogLevel::silly}, {"verbose", base::LogLevel::verbose}, {"info", base::LogLevel::info},
    {"warn", base::LogLevel::warn},   {"error", base::LogLevel::error},     {"mute", std::nullopt}};

/// "one of a, b, c"
template <class Table>
std::string one_of(const Table& table) {
  std::vector<std::string> words;
  for (const auto& entry : table) words.emplace_back(entry.first);
  return "one of " + base::join(words, ", ");
}

/// The remote providers that variables can name, with the options that each needs.
struct RemoteProvider {
  std::string_view name;
  std::vector<std::string> needs;
};

const RemoteProvider* find_remote_provider(std::string_view name) {
  static const RemoteProvider providers[] = {{"azure-blob", {"connectionString", "container"}},
                                             {"npm", {"npmPackageName", "registryUrl"}}};
  for (const RemoteProvider& provider : providers)
    if (provider.name == name) return &provider;
  return nullptr;
}

/// Which keys an object has, for messages.
std::string keys_of(const base::Json& value) {
  if (!value.is_object()) return fmt::format("a JSON {}", value.type_name());
  std::vector<std::string> keys;
  for (const auto& member : value.items()) keys.push_back('"' + base::printable(member.key()) + '"');
  return keys.empty() ? "an object without keys" : "an object with the keys " + base::join(keys, ", ");
}

Result<CacheStorageConfig> read_remote(const RemoteProvider& provider, const std::string& text,
                                       std::vector<std::string>& warnings) {
  const auto parsed = base::parse_json(text, kProviderOptions);
  if (!parsed)
    return fail(ErrorKind::invalid,
                fmt::format("Could not parse {} as JSON (its value is not shown: it may hold a secret)",
                            kProviderOptions));
  const std::string what =
      fmt::format("Invalid {} for {}=\"{}\":", kProviderOptions, kProvider, provider.name);
  for (const std::string& key : provider.needs) {
    if (parsed->is_object() && parsed->contains(key) && (*parsed)[key].is_string()) continue;
    return fail(ErrorKind::invalid,
                fmt::format("{}\nExpected: object with string values for keys \"{}\"\nReceived: {}", what,
                            base::join(provider.needs, "\", \""), keys_of(*parsed)));
  }
  if (const auto size = parsed->find("maxSize");
      provider.name == "azure-blob" && size != parsed->end() && !size->is_number())
    return fail(ErrorKind::invalid,
                fmt::format("{} expected \"maxSize\" property to be unspecified or a number; received: a {}",
                            what, size->type_name()));
  CacheStorageConfig storage;
  storage.provider = provider.name;
  Source source;
  source.file = kProviderOptions;
  source.value = std::move(*parsed);
  STILLAGE_TRY(read_provider_options(Field(source.value, source), storage, warnings));
  return storage;
}

}  // namespace

std::optional<CacheMode> parse_cache_mode(std::string_view word) {
  for (const auto& [name, mode] : kModes)
    if (word == name) return mode;
  return std::nullopt;
}

const char* cache_mode_name(CacheMode mode) {
  for (const auto& [name, known] : kModes)
    if (mode == known) return name;
  return "";
}

std::optional<LogThreshold> parse_log_threshold(std::string_view word) {
  for (const auto& [name, level] : kLogLevels)
    if (word == name) return std::optional<LogThreshold>(std::in_place, level);
  return std::nullopt;
}

tl::unexpected<Error> wrong_variable(std::string_view name, std::string_view expected,
                                     std::string_view received) {
  return fail(ErrorKind::invalid,
              fmt::format("{} {} was set to an invalid value.\nExpected: {}\nReceived: {}",
                          name.starts_with("BACKFILL_") ? "Backfill config option" : "environment variable",
                          name, expected, base::printable(received)));
}

std::optional<std::string> text_variable(const run::Environment& environment, const char* name) {
  const std::string* const text = environment.find(name);
  return text != nullptr && !text->empty() ? std::optional(*text) : std::nullopt;
}

std::optional<bool> flag_variable(const run::Environment& environment, const char* name) {
  const auto text = text_variable(environment, name);
  return text ? std::optional(*text == "true") : std::nullopt;
}

Result<std::optional<CacheMode>> mode_variable(const run::Environment& environment, const char* name) {
  const auto text = text_variable(environment, name);
  if (!text) return std::optional<CacheMode>();
  const auto mode = parse_cache_mode(*text);
  if (!mode) return wrong_variable(name, one_of(kModes), *text);
  return mode;
}

Result<std::optional<LogThreshold>> log_level_variable(const run::Environment& environment,
                                                       const char* name) {
  const auto text = text_variable(environment, name);
  if (!text) return std::optional<LogThreshold>();
  const auto level = parse_log_threshold(*text);
  if (!level) return wrong_variable(name, one_of(kLogLevels), *text);
  return level;
}

Result<std::optional<std::vector<std::string>>> outputs_variable(const run::Environment& environment,
                                                                 const char* name) {
  std::optional<std::vector<std::string>> globs;
  const auto text = text_variable(environment, name);
  if (!text) return globs;
  Source source;
  source.file = name;
  auto parsed = base::parse_json(*text, name);
  if (parsed) source.value = std::move(*parsed);
  const Field field(source.value, source);
  if (!parsed || !field.texts()) return wrong_variable(name, "array of strings", *text);
  STILLAGE_TRY(check_outputs(field));
  STILLAGE_TRY(into(globs)(field));
  return globs;
}

Result<std::optional<CacheStorageConfig>> storage_variables(const run::Environment& environment,
                                                            std::vector<std::string>& warnings) {
  std::optional<CacheStorageConfig> storage;
  const auto provider = text_variable(environment, kProvider);
  const auto text = text_variable(environment, kProviderOptions);
  if (!provider) {
    if (text)
      warnings.push_back(
          fmt::format("Ignoring unknown {}: there is no {} that they are for", kProviderOptions, kProvider));
    return storage;
  }
  if (const RemoteProvider* const remote = find_remote_provider(*provider)) {
    STILLAGE_ASSIGN(storage, read_remote(*remote, text.value_or("{}"), warnings));
  } else if (*provider == "local" || *provider == "local-skip") {
    storage = CacheStorageConfig{.provider = *provider};
  } else {
    warnings.push_back(fmt::format("Ignoring unknown {}: \"{}\"", kProvider, base::printable(*provider)));
  }
  return storage;
}

}  // namespace stillage::config
