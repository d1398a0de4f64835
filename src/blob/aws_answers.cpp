// SPDX-License-Identifier: MIT
#include "blob/aws_answers.h"

#include <cstdio>
#include <ctime>

#include "base/json.h"
#include "blob/credential_request.h"
#include "blob/xml_scan.h"

namespace stillage::blob {
namespace {

/// What an answer says, in texts of which any may be missing.
struct CredentialParts {
  AwsCredentials credentials;
  std::string expiration;
};

net::Outcome<DatedAwsCredentials> checked(CredentialParts parts, const std::string& who, WallTime now) {
  AwsCredentials& found = parts.credentials;
  if (!is_plain_credential(found.access_key) || !is_plain_credential(found.secret_key) ||
      (!found.session_token.empty() && !is_plain_credential(found.session_token)))
    return net::failure(net::FailureKind::protocol, who + " answers without credentials that can be used");
  DatedAwsCredentials dated{std::move(found), {}};
  if (parts.expiration.empty()) return dated;
  dated.expires = parse_iso_time(parts.expiration);
  if (!dated.expires)
    return net::failure(net::FailureKind::protocol, who + " answers with an Expiration that is no time");
  if (*dated.expires <= now)
    return net::failure(net::FailureKind::unauthorised,
                        who + " gives credentials that have expired; is this machine's clock right?");
  return dated;
}

}  // namespace

std::optional<WallTime> parse_iso_time(std::string_view text) {
  const std::string line(text.substr(0, 40));
  std::tm parts{};
  int used = 0;
  if (std::sscanf(line.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &used) != 6 ||
      used == 0)
    return std::nullopt;
  std::string_view rest = std::string_view(line).substr(static_cast<std::size_t>(used));
  if (rest.starts_with('.'))
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  int hours = 0;
  int minutes = 0;
  if (rest != "Z" && (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') ||
                      std::sscanf(std::string(rest.substr(1)).c_str(), "%2d:%2d", &hours, &minutes) != 2))
    return std::nullopt;
  const bool is_plausible = parts.tm_mon >= 1 && parts.tm_mon <= 12 && parts.tm_mday >= 1 &&
                            parts.tm_mday <= 31 && parts.tm_year >= 1970 && parts.tm_hour >= 0 &&
                            parts.tm_min >= 0 && parts.tm_sec >= 0;
  if (!is_plausible) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  std::time_t seconds = ::timegm(&parts);
  seconds -= (rest[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  return std::chrono::system_clock::from_time_t(seconds);
}

net::Outcome<DatedAwsCredentials> parse_credentials_json(std::string_view text, const char* token_name,
                                                         const std::string& who, WallTime now) {
  const auto json = base::parse_json(text, "answer");
  if (!json || !json->is_object())
    return net::failure(net::FailureKind::protocol, who + " answers with what is no JSON object");
  const auto member = [&json](const char* name) -> std::string {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : "";
  };
  return checked(
      {{member("AccessKeyId"), member("SecretAccessKey"), member(token_name)}, member("Expiration")}, who,
      now);
}

net::Outcome<DatedAwsCredentials> parse_credentials_xml(std::string_view text, const std::string& who,
                                                        WallTime now) {
  const std::string_view found = xml_element(text, "Credentials").value_or("");
  const auto member = [found](std::string_view name) {
    return xml_text(xml_element(found, name).value_or(""));
  };
  return checked(
      {{member("AccessKeyId"), member("SecretAccessKey"), member("SessionToken")}, member("Expiration")}, who,
      now);
}

}  // namespace stillage::blob
