// SPDX-License-Identifier: MIT
#include "config/cache_options_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/strings.h"
#include "config/backfill_variables.h"
#include "config/byte_size.h"
#include "config/pipeline_reader.h"
#include "config/remote_variables.h"
#include "config/storage_reader.h"
#include "config/trust_reader.h"
#include "config/wanted_compat.h"
#include "os/path.h"

namespace stillage::config {
namespace {

std::string inside(const std::string& root, const std::string& folder) {
  return os::normalise_path(os::join_path(root, folder));
}

Status read_storage(const Field& field, CacheOptions& options, std::vector<std::string>& warnings) {
  CacheStorageConfig storage;
  STILLAGE_TRY(read_cache_storage(field, storage, warnings));
  if (storage.provider == "local-skip") options.skip_local_cache = true;
  options.cache_storage_config = std::move(storage);
  return {};
}

Status read_local_cache_size(const Field& field, CacheOptions& options) {
  if (field.json().is_number()) {
    const double bytes = field.json().get<double>();
    if (!(bytes >= 0 && bytes < 9.2e18)) return field.wrong("is not a size");
    options.local_cache_size = static_cast<std::uint64_t>(bytes);
    return {};
  }
  STILLAGE_ASSIGN(const std::string text, field.text());
  options.local_cache_size = parse_byte_size(text);
  if (!options.local_cache_size)
    return field.wrong("is not a size: write a number of bytes, or a text like \"10GB\" or \"500MiB\"");
  return {};
}

constexpr const char* kSeconds = "a number of seconds, at most 86400, such as 60; 0 is not to wait at all";

/// Seconds as uploads may take them; nothing for what is no such time.
std::optional<std::chrono::milliseconds> waiting_time(double seconds) {
  if (!(seconds >= 0 && seconds <= 86'400)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

Status read_upload_wait(const Field& field, CacheOptions& options) {
  const auto wait = field.json().is_number() ? waiting_time(field.json().get<double>()) : std::nullopt;
  if (!wait) return field.wrong(std::string("must be ") + kSeconds);
  options.upload_wait = *wait;
  return {};
}

Status apply_upload_wait(const run::Environment& environment, CacheOptions& options) {
  const std::string text = environment.value_or("STILLAGE_UPLOAD_WAIT", "");
  if (text.empty()) return {};
  double seconds = -1;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  const auto wait = parsed.ec == std::errc() && parsed.ptr == end ? waiting_time(seconds) : std::nullopt;
  if (!wait) return wrong_variable("STILLAGE_UPLOAD_WAIT", kSeconds, text);
  options.upload_wait = *wait;
  return {};
}

std::vector<Option> known_options(const std::string& root, CacheOptions& options,
                                  std::vector<std::string>& warnings) {
  const auto folder = [&options, &root](const Field& field) -> Status {
    STILLAGE_ASSIGN(const std::string text, field.text());
    if (!text.empty()) options.internal_cache_folder = inside(root, text);
    return {};
  };
  const auto outputs = [&options](const Field& field) -> Status {
    STILLAGE_TRY(check_outputs(field));
    return into(options.output_glob)(field);
  };
  const auto mode = [&options](const Field& field) { return read_cache_mode(field, options.mode); };
  const auto compat = [&options](const Field& field) -> Status {
    STILLAGE_ASSIGN(const std::string word, field.word({"native", "lage"}));
    options.compat = *parse_compat(word);
    return {};
  };
  std::vector<Option> known = {
      {"compat", compat},
      {"cacheStorageConfig", [&](const Field& field) { return read_storage(field, options, warnings); }},
      {"outputGlob", outputs},
      {"internalCacheFolder", folder},
      {"writeRemoteCache", into(options.write_remote_cache)},
      {"uploadWait", [&options](const Field& field) { return read_upload_wait(field, options); }},
      {"skipLocalCache", into(options.skip_local_cache)},
      {"environmentGlob", into(options.environment_glob)},
      {"cacheKey", into(options.cache_key)},
      {"incrementalCaching", into(options.incremental_caching)},
      {"mode", mode},
      {"localCacheSize", [&options](const Field& field) { return read_local_cache_size(field, options); }},
  };
  for (Option& option : trust_options(root, options.trust)) known.push_back(std::move(option));
  // Of backfill's own command, or without any effect in lage: read by nobody here.
  for (const char* const key : {"clearOutput", "logFolder", "logLevel", "name", "packageRoot",
                                "producePerformanceLogs", "performanceReportName", "validateOutput"})
    known.push_back({key, {}});
  return known;
}

/// Variables that name a remote, each over the one before.
Status apply_storage(const run::Environment& environment, CacheOptions& options,
                     std::vector<std::string>& warnings) {
  STILLAGE_ASSIGN(auto storage, storage_variables(environment, warnings));
  if (storage && storage->provider == "local-skip") options.skip_local_cache = true;
  STILLAGE_ASSIGN(auto own, remote_variable(environment, warnings));
  if (own) storage = std::move(own);
  if (storage) options.cache_storage_config = std::move(storage);
  return {};
}

}  // namespace

Status read_cache_mode(const Field& field, CacheMode& mode) {
  const auto parsed =
      field.json().is_string() ? parse_cache_mode(field.json().get<std::string>()) : std::nullopt;
  if (!parsed) return field.wrong("must be \"READ_WRITE\", \"READ_ONLY\", \"WRITE_ONLY\" or \"PASS\"");
  mode = *parsed;
  return {};
}

const std::vector<std::string>& cache_option_keys() {
  static const std::vector<std::string> keys = [] {
    CacheOptions options;
    std::vector<std::string> warnings;
    std::vector<std::string> names;
    for (const Option& option : known_options("", options, warnings)) names.push_back(option.key);
    return names;
  }();
  return keys;
}

Status read_cache_options(const Field& field, const std::string& root, CacheOptions& options,
                          std::vector<std::string>& warnings) {
  return read_options(field, known_options(root, options, warnings), warnings);
}

Status apply_environment(const run::Environment& environment, const std::string& root, CacheOptions& options,
                         std::vector<std::string>& warnings) {
  if (const auto folder = environment.value_or("BACKFILL_INTERNAL_CACHE_FOLDER", ""); !folder.empty())
    options.internal_cache_folder = inside(root, folder);
  if (const auto folder = environment.value_or("STILLAGE_CACHE_DIR", ""); !folder.empty())
    options.internal_cache_folder = inside(root, folder);
  if (const auto size = environment.value_or("STILLAGE_LOCAL_CACHE_SIZE", ""); !size.empty()) {
    options.local_cache_size = parse_byte_size(size);
    if (!options.local_cache_size)
      return wrong_variable("STILLAGE_LOCAL_CACHE_SIZE", "a size like 10GB or 500MiB", size);
  }
  STILLAGE_ASSIGN(const auto compat, wanted_compat(environment));
  if (compat) options.compat = *compat;
  for (const char* const name : {"BACKFILL_MODE", "STILLAGE_CACHE_MODE"}) {
    STILLAGE_ASSIGN(const auto mode, mode_variable(environment, name));
    if (mode) options.mode = *mode;
  }
  STILLAGE_ASSIGN(auto outputs, outputs_variable(environment, "BACKFILL_OUTPUT_GLOB"));
  if (outputs) options.output_glob = std::move(outputs);
  if (const auto flag = flag_variable(environment, "BACKFILL_INCREMENTAL_CACHING"))
    options.incremental_caching = *flag;
  STILLAGE_TRY(apply_storage(environment, options, warnings));
  STILLAGE_ASSIGN(options.write_remote_cache,
                  writes_remote(environment, options.compat, options.write_remote_cache, warnings));
  STILLAGE_TRY(apply_upload_wait(environment, options));
  STILLAGE_TRY(apply_trust_variables(environment, root, options.trust));
  return {};
}

}  // namespace stillage::config
