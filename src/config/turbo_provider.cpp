// SPDX-License-Identifier: MIT
#include "blob/turbo_store.h"
#include "config/http_client_options.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

/// An option, else the variable that Turborepo reads for the same.
std::string option_or_variable(ProviderOptions& options, const StorePlace& place, const std::string& option,
                               std::string_view variable) {
  return options.text_or(option, place.environment.value_or(variable, ""));
}

/// The CI that we run in, by the variable that it sets.
std::string ci_name(const run::Environment& environment) {
  for (const char* const name :
       {"GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "CIRCLECI", "BUILDKITE", "JENKINS_URL", "CI"})
    if (environment.find(name) != nullptr) return name;
  return {};
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_turbo_store(ProviderOptions& options, const StorePlace& place) {
  const std::string text = option_or_variable(options, place, "url", "TURBO_API");
  auto url = net::Url::parse(text.empty() ? "https://vercel.com/api" : text);
  if (!url || (url->scheme() != "http" && url->scheme() != "https"))
    return options.wrong("url", "(or TURBO_API) is no URL that can be used");
  STILLAGE_ASSIGN(const HttpAccess access, take_http_access(options, place));
  blob::TurboStoreOptions store{.url = std::move(*url), .deadlines = access.deadlines};
  store.token = option_or_variable(options, place, "token", "TURBO_TOKEN");
  store.team = option_or_variable(options, place, "team", "TURBO_TEAM");
  store.team_id = option_or_variable(options, place, "teamId", "TURBO_TEAMID");
  store.client_ci = ci_name(place.environment);
  STILLAGE_ASSIGN(const bool signs, options.flag("signature", true));
  const std::string key =
      option_or_variable(options, place, "signatureKey", "TURBO_REMOTE_CACHE_SIGNATURE_KEY");
  if (signs) store.signature_key = key;
  if (store.token.empty()) return options.wrong("token", "is missing, and TURBO_TOKEN is not set either");
  return std::make_shared<blob::TurboStore>(access.client, std::move(store));
}

}  // namespace stillage::config
