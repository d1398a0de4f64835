// SPDX-License-Identifier: MIT
#include "blob/aws_metadata.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "blob/credential_request.h"
#include "os/file.h"

namespace stillage::blob {
namespace {

constexpr const char* kContainer = "the container's agent";
constexpr const char* kInstance = "the metadata service of the instance";
constexpr std::uint64_t kLongestTokenFile = 16 << 10;

tl::unexpected<net::Failure> unavailable(std::string why) {
  return net::failure(net::FailureKind::unauthorised, std::move(why));
}

Result<net::Url> container_url(const Variables& variables) {
  constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string& relative = variables.get(kRelative);
  if (relative.empty()) return credential_url(kFull, variables.get(kFull), PlainHttp::local);
  if (!relative.starts_with('/'))
    return fail(ErrorKind::invalid, fmt::format("{} must start with '/'", kRelative));
  return credential_url(kRelative, "http://169.254.170.2" + relative, PlainHttp::local);
}

/// What the agent wants in Authorization; "" for nothing.
net::Outcome<std::string> container_token(const Variables& variables) {
  constexpr const char* kFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
  std::string token = variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (variables.has(kFile)) {
    auto text = os::read_file(variables.get(kFile), kLongestTokenFile);
    if (!text) return unavailable(fmt::format("{}: {}", kFile, text.error().message));
    token = base::trim(*text);
  }
  if (!net::is_valid_header("Authorization", token))
    return unavailable("the token for the container's agent holds characters that no header may have");
  return token;
}

Result<net::Url> metadata_url(const Variables& variables) {
  constexpr const char* kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  if (variables.has(kEndpoint)) return credential_url(kEndpoint, variables.get(kEndpoint), PlainHttp::local);
  const bool ipv6 = base::to_lower(variables.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")) == "ipv6";
  return net::Url::parse(ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
}

/// Asks the metadata service, whose answers are short texts.
net::Outcome<std::string> ask_instance(net::HttpClient& client, CredentialQuestion question,
                                       const std::stop_token& stop) {
  // Where nobody listens, once is enough.
  question.attempts = 2;
  auto answer = ask(client, question, stop);
  if (!answer) {
    if (answer.error().what == net::FailureKind::cancelled) return tl::make_unexpected(answer.error());
    return unavailable(fmt::format("{}: {}", kInstance, answer.error().message));
  }
  if (answer->head.is_success()) return std::move(answer->body);
  return tl::make_unexpected(refusal(kInstance, question, *answer, "",
                                     "has this instance a role? (a container needs a hop limit of 2)", {}));
}

}  // namespace

bool has_container_agent(const Variables& variables) {
  return variables.has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
         variables.has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

net::Outcome<DatedAwsCredentials> container_credentials(net::HttpClient& client, const Variables& variables,
                                                        std::stop_token stop) {
  auto url = container_url(variables);
  if (!url) return unavailable(url.error().message);
  STILLAGE_ASSIGN(const std::string token, container_token(variables));
  CredentialQuestion question("GET", std::move(*url));
  question.request.headers.add("Accept", "application/json");
  if (!token.empty()) question.request.headers.add_secret("Authorization", token);
  STILLAGE_ASSIGN(const CredentialAnswer answer, ask(client, question, std::move(stop)));
  if (!answer.head.is_success())
    return tl::make_unexpected(refusal(kContainer, question, answer, "", "has this task a role?", {}));
  return parse_credentials_json(answer.body, "Token", kContainer, std::chrono::system_clock::now());
}

net::Outcome<DatedAwsCredentials> instance_credentials(net::HttpClient& client, const Variables& variables,
                                                       std::stop_token stop) {
  if (base::to_lower(variables.get("AWS_EC2_METADATA_DISABLED")) == "true")
    return unavailable(fmt::format("{} is switched off by AWS_EC2_METADATA_DISABLED", kInstance));
  const auto base_url = metadata_url(variables);
  if (!base_url) return unavailable(base_url.error().message);
  CredentialQuestion session("PUT", base_url->below("latest/api/token"));
  session.request.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
  STILLAGE_ASSIGN(const std::string token, ask_instance(client, std::move(session), stop));
  if (!is_plain_credential(token)) return unavailable(fmt::format("{} gives no session", kInstance));

  const auto question = [&](const std::string& path) {
    CredentialQuestion get("GET", base_url->below("latest/meta-data/iam/security-credentials/" + path));
    get.request.headers.add_secret("x-aws-ec2-metadata-token", token);
    return get;
  };
  STILLAGE_ASSIGN(const std::string roles, ask_instance(client, question(""), stop));
  const std::string role(base::trim(std::string_view(roles).substr(0, roles.find('\n'))));
  if (!is_plain_credential(role) || role.find('/') != std::string::npos)
    return unavailable(fmt::format("{} knows no role of this instance", kInstance));
  STILLAGE_ASSIGN(const std::string answer, ask_instance(client, question(role), stop));
  return parse_credentials_json(answer, "Token", kInstance, std::chrono::system_clock::now());
}

}  // namespace stillage::blob
