// SPDX-License-Identifier: MIT
#include "blob/aws_credentials.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/strings.h"
#include "blob/aws_metadata.h"
#include "blob/aws_profiles.h"
#include "blob/aws_sts.h"
#include "blob/child_answer.h"
#include "blob/credential_request.h"

namespace stillage::blob {
namespace {

using Found = net::Outcome<std::optional<DatedAwsCredentials>>;

// It may have to ask a server; the build waits for it.
constexpr std::chrono::seconds kProcessDeadline{10};

tl::unexpected<net::Failure> unusable(std::string why) {
  return net::failure(net::FailureKind::unauthorised, std::move(why));
}

std::string setting(const AwsProfile& profile, std::string_view name) {
  const auto found = profile.find(name);
  return found == profile.end() ? std::string() : found->second;
}

/// What was found, where there is always something to be found.
Found found(net::Outcome<DatedAwsCredentials> credentials) {
  if (!credentials) return tl::make_unexpected(std::move(credentials).error());
  return std::optional(std::move(*credentials));
}

/// Keys that stand somewhere, of which none may be missing.
Found keys(const std::string& access_key, const std::string& secret_key, const std::string& token,
           const std::string& where) {
  if (access_key.empty()) return std::optional<DatedAwsCredentials>();
  if (secret_key.empty()) return unusable(fmt::format("{} has an access key without a secret key", where));
  if (!is_plain_credential(access_key) || !is_plain_credential(secret_key) ||
      (!token.empty() && !is_plain_credential(token)))
    return unusable(fmt::format("{} has keys with characters that no key may have", where));
  return std::optional(DatedAwsCredentials{{access_key, secret_key, token}, {}});
}

/// One search through all the places.
class Search {
 public:
  Search(const AwsIdentityOptions& options, const Variables& variables, net::HttpClient& client,
         std::stop_token stop)
      : options_(options), variables_(variables), client_(client), stop_(std::move(stop)) {}

  net::Outcome<DatedAwsCredentials> run() {
    if (options_.profile.empty()) {
      STILLAGE_ASSIGN(auto from_variables, environment());
      if (from_variables) return std::move(*from_variables);
    }
    STILLAGE_ASSIGN(profiles_, load_aws_profiles(variables_));
    const std::string name = aws_profile_name(options_.profile, variables_);
    if (const auto profile = profiles_.find(name)) {
      if (assumes_role(*profile)) return role_of(name, *profile);
    } else if (!options_.profile.empty() || variables_.has("AWS_PROFILE")) {
      return unusable(
          fmt::format("there is no profile \"{}\" in the files of the AWS tools", base::printable(name)));
    }
    STILLAGE_ASSIGN(auto from_profile, of_profile(name, options_.profile.empty()));
    if (from_profile) return std::move(*from_profile);
    if (has_container_agent(variables_)) return container_credentials(client_, variables_, stop_);
    auto last = instance_credentials(client_, variables_, stop_);
    if (!last && last.error().what == net::FailureKind::unauthorised)
      last.error().message =
          "there are no AWS credentials: none in variables, in the profile, or of a container; " +
          last.error().message;
    return last;
  }

 private:
  Found environment() const {
    return keys(variables_.get("AWS_ACCESS_KEY_ID"), variables_.get("AWS_SECRET_ACCESS_KEY"),
                variables_.get("AWS_SESSION_TOKEN"), "the environment (AWS_ACCESS_KEY_ID)");
  }

  static bool assumes_role(const AwsProfile& profile) {
    return profile.contains("role_arn") && !profile.contains("web_identity_token_file");
  }

  static std::string named(std::string_view profile) {
    return fmt::format("the AWS profile \"{}\"", base::printable(profile));
  }

  /// The credentials that the role of a profile has, which another profile or another place may assume.
  net::Outcome<DatedAwsCredentials> role_of(const std::string& name, const AwsProfile& profile) {
    visited_.push_back(name);
    const std::string source = setting(profile, "source_profile");
    const std::string place = setting(profile, "credential_source");
    if (source.empty() == place.empty())
      return unusable(fmt::format("{} has a role_arn, and needs either source_profile or credential_source",
                                  named(name)));
    if (profile.contains("mfa_serial"))
      return unusable(
          fmt::format("{} wants a code of an MFA device, which nobody can type here; assume the role "
                      "before, and give its credentials in the environment",
                      named(name)));
    STILLAGE_ASSIGN(const DatedAwsCredentials base_credentials,
                    source.empty() ? of_place(name, place) : of_source(name, source));
    return assume_role(client_, variables_, options_.region, role_in(profile), base_credentials.value, stop_);
  }

  static AwsRole role_in(const AwsProfile& profile) {
    return {.arn = setting(profile, "role_arn"),
            .session_name = setting(profile, "role_session_name"),
            .external_id = setting(profile, "external_id"),
            .duration_seconds = setting(profile, "duration_seconds")};
  }

  net::Outcome<DatedAwsCredentials> of_place(const std::string& name, const std::string& place) {
    const std::string lower = base::to_lower(place);
    if (lower == "ec2instancemetadata") return instance_credentials(client_, variables_, stop_);
    if (lower == "ecscontainer") return container_credentials(client_, variables_, stop_);
    if (lower != "environment")
      return unusable(
          fmt::format("{} has a credential_source that is none of Environment, EcsContainer and "
                      "Ec2InstanceMetadata",
                      named(name)));
    STILLAGE_ASSIGN(auto from_variables, environment());
    if (from_variables) return std::move(*from_variables);
    return unusable(fmt::format("{} wants credentials of the environment, which has none", named(name)));
  }

  net::Outcome<DatedAwsCredentials> of_source(const std::string& name, const std::string& source) {
    const auto profile = profiles_.find(source);
    if (!profile)
      return unusable(
          fmt::format("{} has a source_profile that is not there: {}", named(name), base::printable(source)));
    const bool has_keys =
        profile->contains("aws_access_key_id") || profile->contains("aws_secret_access_key");
    const bool is_visited = std::find(visited_.begin(), visited_.end(), source) != visited_.end();
    // A profile may name itself, if it has keys too.
    if (is_visited && (source != name || !has_keys))
      return unusable(fmt::format("{} assumes roles in a circle", named(name)));
    if (!has_keys && assumes_role(*profile)) return role_of(source, *profile);
    STILLAGE_ASSIGN(auto from_profile, of_profile(source, false));
    if (from_profile) return std::move(*from_profile);
    return unusable(fmt::format("{}, a source_profile, has no credentials", named(source)));
  }

  /// What the profile has itself; with `by_variables`, they may name its web identity.
  Found of_profile(const std::string& name, bool by_variables) {
    const AwsProfile profile = profiles_.find(name).value_or(AwsProfile());
    const auto chosen = [&](const char* variable, const char* member) {
      return by_variables && variables_.has(variable) ? variables_.get(variable) : setting(profile, member);
    };
    if (const std::string file = chosen("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
        !file.empty()) {
      const AwsRole role{.arn = chosen("AWS_ROLE_ARN", "role_arn"),
                         .session_name = chosen("AWS_ROLE_SESSION_NAME", "role_session_name")};
      if (role.arn.empty())
        return unusable("there is a web identity token file for AWS, but no role: AWS_ROLE_ARN or role_arn");
      return found(assume_role_with_token(client_, variables_, options_.region, role, file, stop_));
    }
    if (profile.contains("sso_session") || profile.contains("sso_start_url"))
      return unusable(
          fmt::format("{} logs in with SSO, which is not supported; use `credential_process = aws "
                      "configure export-credentials --profile {}` in another profile",
                      named(name), base::printable(name)));
    STILLAGE_ASSIGN(auto own, keys_in(profiles_.credentials, name));
    if (own) return own;
    if (const std::string command = setting(profile, "credential_process"); !command.empty())
      return found(process(name, command));
    return keys_in(profiles_.config, name);
  }

  static Found keys_in(const AwsProfileMap& profiles, const std::string& name) {
    const auto profile = profiles.find(name);
    if (profile == profiles.end()) return std::optional<DatedAwsCredentials>();
    const AwsProfile& own = profile->second;
    return keys(setting(own, "aws_access_key_id"), setting(own, "aws_secret_access_key"),
                setting(own, "aws_session_token"), named(name));
  }

  net::Outcome<DatedAwsCredentials> process(const std::string& name, const std::string& command) {
    const std::string who = "the credential_process of " + named(name);
    auto answer = ask_child({"/bin/sh", "-c", command}, variables_.list(), kProcessDeadline, stop_);
    if (!answer) {
      answer.error().message = who + ": " + answer.error().message;
      return tl::make_unexpected(std::move(answer).error());
    }
    if (answer->exit_code != 0) return unusable(fmt::format("{} ends with code {}", who, answer->exit_code));
    const auto json = base::parse_json(answer->out, "answer");
    if (!json || !json->is_object() || json->value("Version", base::Json()) != 1)
      return unusable(who + " prints no JSON object with \"Version\": 1");
    return parse_credentials_json(answer->out, "SessionToken", who, std::chrono::system_clock::now());
  }

  const AwsIdentityOptions& options_;
  const Variables& variables_;
  net::HttpClient& client_;
  const std::stop_token stop_;
  AwsProfiles profiles_;
  std::vector<std::string> visited_;  ///< profiles whose role is being assumed
};

}  // namespace

AwsIdentity aws_identity(AwsIdentityOptions options, Variables variables,
                         std::shared_ptr<net::HttpClient> client) {
  const auto search = [options = std::move(options), variables = std::move(variables),
                       client =
                           std::move(client)](std::stop_token stop) -> net::Outcome<DatedAwsCredentials> {
    return Search(options, variables, *client, std::move(stop)).run();
  };
  const auto kept = std::make_shared<Renewed<AwsCredentials>>(search);
  return {.get = [kept](std::stop_token stop) { return kept->get(std::move(stop)); },
          .refused = [kept](const AwsCredentials& credentials) { return kept->refused(credentials); }};
}

}  // namespace stillage::blob
