// SPDX-License-Identifier: MIT
#include "config/remote_variables.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "config/backfill_variables.h"
#include "config/storage_reader.h"
#include "net/percent.h"

namespace stillage::config {
namespace {

constexpr const char* kRemote = "STILLAGE_REMOTE";
constexpr const char* kForms =
    "a URL that begins with https://, http://, redis://, rediss://, s3://, azure:// or file:///, or JSON "
    "like "
    "{\"provider\": \"http\", \"options\": {\"url\": \"https://…\"}}, or \"off\"";

tl::unexpected<Error> wrong_remote(std::string_view what) {
  return fail(ErrorKind::invalid,
              fmt::format("the environment variable {} {} (its value is not shown: it may hold "
                          "a secret)",
                          kRemote, what));
}

Result<CacheStorageConfig> from_json(const std::string& text, std::vector<std::string>& warnings) {
  Source source;
  source.file = kRemote;
  auto parsed = base::parse_json(text, kRemote);
  if (!parsed) return wrong_remote("is no JSON that can be read");
  source.value = std::move(*parsed);
  CacheStorageConfig storage;
  STILLAGE_TRY(read_cache_storage(Field(source.value, source), storage, warnings));
  return storage;
}

/// A URL whose host and path say where, and whose query has further options.
struct Place {
  std::string host;  ///< what stands between "//" and the path
  std::string path;  ///< without slashes at its ends
};

Result<Place> take_place(std::string_view rest, CacheStorageConfig& storage) {
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    for (const std::string_view pair : base::split(rest.substr(question + 1), '&')) {
      const std::size_t equals = pair.find('=');
      const auto name = net::percent_decode(pair.substr(0, equals));
      const auto value = net::percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
      if (!name || !value || name->empty() || value->empty())
        return wrong_remote("has a query that is not of the form name=value&name=value");
      if (*name == "credentialName")
        storage.credential_name = *value;
      else
        storage.options[*name] = *value;
    }
    rest = rest.substr(0, question);
  }
  const auto decoded = net::percent_decode(rest);
  if (!decoded) return wrong_remote("has a \"%\" that no two hex digits follow");
  const std::size_t slash = decoded->find('/');
  Place place{.host = decoded->substr(0, slash), .path = ""};
  if (slash != std::string::npos) place.path = decoded->substr(slash + 1);
  while (place.path.ends_with('/')) place.path.pop_back();
  return place;
}

Result<CacheStorageConfig> from_url(const std::string& text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = base::to_lower(text.substr(0, colon));
  CacheStorageConfig storage;
  if (scheme == "http" || scheme == "https" || scheme == "redis" || scheme == "rediss") {
    storage.provider = scheme.substr(0, 4) == "http" ? "http" : "redis";
    storage.options["url"] = text;
    return storage;
  }
  if (scheme != "s3" && scheme != "azure" && scheme != "file")
    return wrong_remote(fmt::format("is none of: {}", kForms));
  STILLAGE_ASSIGN(const Place place, take_place(std::string_view(text).substr(colon + 3), storage));
  if (scheme == "file") {
    if (!place.host.empty() || place.path.empty())
      return wrong_remote("must name a folder of this machine after file://, as in file:///mnt/cache");
    storage.provider = "folder";
    storage.options["path"] = "/" + place.path;
  } else if (scheme == "s3") {
    if (place.host.empty() || !place.path.empty())
      return wrong_remote("must name a bucket, and nothing below it, after s3://");
    storage.provider = "s3";
    storage.options["bucket"] = place.host;
  } else {
    if (place.host.empty() || place.path.empty() || place.path.find('/') != std::string::npos)
      return wrong_remote(
          "must name an account and a container after azure://, as in azure://account/container");
    storage.provider = "azure-blob";
    const bool is_host = place.host.find('.') != std::string::npos;
    storage.options["connectionString"] = "https://" + place.host + (is_host ? "" : ".blob.core.windows.net");
    storage.options["container"] = place.path;
  }
  return storage;
}

/// "true" or "false" in any case; nothing if unset or empty.
std::optional<bool> switch_of(const run::Environment& environment, const char* name, bool& is_wrong) {
  const std::string text = base::to_lower(environment.value_or(name, ""));
  is_wrong = !text.empty() && text != "true" && text != "false";
  return text.empty() || is_wrong ? std::nullopt : std::optional(text == "true");
}

/// As lage sees it: it takes CI=false for a CI, too.
bool is_ci_outside_tests(const run::Environment& environment) {
  const bool is_test =
      environment.value_or("NODE_ENV", "") == "test" || !environment.value_or("JEST_WORKER_ID", "").empty();
  const bool is_ci = !environment.value_or("CI", "").empty() || !environment.value_or("TF_BUILD", "").empty();
  return is_ci && !is_test;
}

}  // namespace

Result<std::optional<CacheStorageConfig>> remote_variable(const run::Environment& environment,
                                                          std::vector<std::string>& warnings) {
  std::optional<CacheStorageConfig> storage;
  const std::string given = environment.value_or(kRemote, "");
  const std::string text(base::trim(given));
  if (text.empty()) return storage;
  if (text == "off") {
    storage = CacheStorageConfig{.provider = "local"};
  } else if (text.front() == '{') {
    STILLAGE_ASSIGN(storage, from_json(text, warnings));
  } else if (text.find("://") != std::string::npos) {
    STILLAGE_ASSIGN(storage, from_url(text));
  } else {
    return wrong_remote(fmt::format("is none of: {}", kForms));
  }
  return storage;
}

Result<bool> writes_remote(const run::Environment& environment, Compat compat, bool configured,
                           std::vector<std::string>& warnings) {
  bool is_wrong = false;
  const auto own = switch_of(environment, "STILLAGE_WRITE_REMOTE_CACHE", is_wrong);
  if (is_wrong)
    return wrong_variable("STILLAGE_WRITE_REMOTE_CACHE", "true or false",
                          environment.value_or("STILLAGE_WRITE_REMOTE_CACHE", ""));
  std::optional<bool> lages;
  for (const char* const name : {"LAGE_WRITE_CACHE", "LAGE_WRITE_REMOTE_CACHE"}) {
    const auto value = switch_of(environment, name, is_wrong);
    if (is_wrong)
      warnings.push_back(
          fmt::format("the environment variable {} is neither true nor false: it is ignored", name));
    if (!lages) lages = value;
  }
  if (own) return *own;
  if (lages) return *lages;
  return configured || (compat == Compat::lage && is_ci_outside_tests(environment));
}

}  // namespace stillage::config
