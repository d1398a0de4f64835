// SPDX-License-Identifier: MIT
#include "blob/azure_token.h"

#include <fmt/format.h>

#include <charconv>

#include "base/json.h"
#include "base/strings.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kPublicAuthority = "https://login.microsoftonline.com";
// Where an answer does not say how long its token lasts.
constexpr std::chrono::minutes kShortLife{5};
constexpr std::int64_t kLongestLife = std::int64_t{366} * 24 * 3600;
constexpr std::int64_t kLastSecond = std::int64_t{1} << 33;

/// A member that is a number or a text, as text.
std::string member(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? base::to_text(*found) : "";
}

std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || value < 0)
    return std::nullopt;
  return value;
}

}  // namespace

std::string token_error(std::string_view body) {
  const auto json = base::parse_json(body, "answer");
  if (!json || !json->is_object()) return {};
  const std::string error = member(*json, "error");
  const std::string description = member(*json, "error_description");
  return error + (error.empty() || description.empty() ? "" : ": ") + description;
}

std::optional<WallTime> epoch_time(std::string_view digits) {
  const auto seconds = whole_number(digits);
  if (!seconds || *seconds > kLastSecond) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

Result<net::Url> token_endpoint(const Variables& variables, const std::string& tenant) {
  if (tenant.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") !=
          std::string::npos ||
      tenant.find_first_not_of('.') == std::string::npos)
    return fail(ErrorKind::invalid, "AZURE_TENANT_ID is neither an id nor a domain of a tenant");
  std::string authority = variables.get("AZURE_AUTHORITY_HOST");
  if (authority.empty()) authority = kPublicAuthority;
  if (authority.find("://") == std::string::npos) authority = "https://" + authority;
  STILLAGE_ASSIGN(const net::Url url, credential_url("AZURE_AUTHORITY_HOST", authority, PlainHttp::loopback));
  return url.below(tenant + "/oauth2/v2.0/token");
}

net::Outcome<AzureToken> request_token(net::HttpClient& client, const std::string& who,
                                       const net::Url& endpoint, const FormFields& fields,
                                       std::stop_token stop) {
  CredentialQuestion question("POST", endpoint);
  question.request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  question.request.headers.add("Accept", "application/json");
  question.body = form_text(fields);
  STILLAGE_ASSIGN(const CredentialAnswer answer, ask(client, question, std::move(stop)));
  if (answer.head.is_success()) return parse_token(answer.body, who, std::chrono::system_clock::now());
  std::vector<std::string> secrets;
  for (const auto& [name, value] : fields)
    if (name == "client_secret" || name == "password" || name == "client_assertion") secrets.push_back(value);
  return tl::make_unexpected(
      refusal(who, question, answer, token_error(answer.body),
              "check the AZURE_… variables of this credential, and that the tenant knows it", secrets));
}

net::Outcome<AzureToken> parse_token(std::string_view text, const std::string& who, WallTime now) {
  const auto json = base::parse_json(text, "answer");
  std::string token;
  if (json && json->is_object() && json->contains("access_token") && (*json)["access_token"].is_string())
    token = (*json)["access_token"].get<std::string>();
  if (!is_plain_credential(token))
    return net::failure(net::FailureKind::protocol,
                        who + ": the answer to the question for a token holds none");
  WallTime expires = now + kShortLife;
  if (const auto life = whole_number(member(*json, "expires_in")); life && *life <= kLongestLife)
    expires = now + std::chrono::seconds(*life);
  else if (const auto end = epoch_time(member(*json, "expires_on")))
    expires = *end;
  if (expires <= now)
    return net::failure(
        net::FailureKind::unauthorised,
        who + ": the token that was given has expired already; is this machine's clock right?");
  return AzureToken{std::move(token), expires};
}

}  // namespace stillage::blob
