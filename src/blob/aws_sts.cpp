// SPDX-License-Identifier: MIT
#include "blob/aws_sts.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/strings.h"
#include "blob/credential_request.h"
#include "blob/xml_scan.h"
#include "os/file.h"

namespace stillage::blob {
namespace {

constexpr const char* kTokenService = "the Security Token Service of AWS";
constexpr const char* kGlobalRegion = "us-east-1";
constexpr std::uint64_t kLongestToken = 64 << 10;

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(const char* action, const AwsRole& role) {
  const std::string name =
      role.session_name.empty() ? fmt::format("stillage-{}", base::now_ns() / 1'000'000) : role.session_name;
  Fields fields{
      {"Action", action}, {"Version", "2011-06-15"}, {"RoleArn", role.arn}, {"RoleSessionName", name}};
  if (!role.external_id.empty()) fields.emplace_back("ExternalId", role.external_id);
  if (!role.duration_seconds.empty()) fields.emplace_back("DurationSeconds", role.duration_seconds);
  return fields;
}

/// Asks; `credentials` sign the question if there are any.
net::Outcome<DatedAwsCredentials> ask_service(net::HttpClient& client, const Variables& variables,
                                              const std::string& region, const Fields& fields,
                                              const AwsCredentials* credentials, std::stop_token stop) {
  STILLAGE_ASSIGN(const net::Url endpoint, sts_endpoint(variables, region));
  CredentialQuestion question("POST", endpoint);
  question.request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  question.body = form_text(fields);
  if (credentials != nullptr)
    sign_v4(question.request, *credentials, region.empty() ? kGlobalRegion : region,
            base::to_hex(base::sha256(question.body)), std::chrono::system_clock::now(), "sts");
  STILLAGE_ASSIGN(const CredentialAnswer answer, ask(client, question, std::move(stop)));
  if (answer.head.is_success())
    return parse_credentials_xml(answer.body, kTokenService, std::chrono::system_clock::now());
  std::vector<std::string> secrets;
  for (const auto& [name, value] : fields)
    if (name == "WebIdentityToken" || name == "ExternalId") secrets.push_back(value);
  return tl::make_unexpected(refusal(kTokenService, question, answer,
                                     xml_text(xml_element(answer.body, "Code").value_or("")),
                                     "is the role right, and may it be assumed by whoever asks?", secrets));
}

}  // namespace

Result<net::Url> sts_endpoint(const Variables& variables, const std::string& region) {
  for (const char* const name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"})
    if (variables.has(name)) return credential_url(name, variables.get(name), PlainHttp::loopback);
  if (region.empty()) return net::Url::parse("https://sts.amazonaws.com");
  if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    return fail(ErrorKind::invalid, fmt::format("\"{}\" can be no region of AWS", base::printable(region)));
  return net::Url::parse(
      fmt::format("https://sts.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : ""));
}

net::Outcome<DatedAwsCredentials> assume_role(net::HttpClient& client, const Variables& variables,
                                              const std::string& region, const AwsRole& role,
                                              const AwsCredentials& credentials, std::stop_token stop) {
  return ask_service(client, variables, region, fields_of("AssumeRole", role), &credentials, std::move(stop));
}

net::Outcome<DatedAwsCredentials> assume_role_with_token(net::HttpClient& client, const Variables& variables,
                                                         const std::string& region, const AwsRole& role,
                                                         const std::string& token_file,
                                                         std::stop_token stop) {
  const auto token = os::read_file(token_file, kLongestToken);
  if (!token)
    return net::failure(net::FailureKind::unauthorised, "the web identity token: " + token.error().message);
  Fields fields = fields_of("AssumeRoleWithWebIdentity", role);
  fields.emplace_back("WebIdentityToken", base::trim(*token));
  return ask_service(client, variables, region, fields, nullptr, std::move(stop));
}

}  // namespace stillage::blob
