// SPDX-License-Identifier: MIT
#include "net/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/base64.h"
#include "base/strings.h"
#include "net/curl_library.h"
#include "net/percent.h"

namespace stillage::net {
namespace {

/// What the server says in words, in one short line; nothing of a page made for browsers.
std::string said(const HttpResponse& response, const std::vector<std::string>& secrets) {
  constexpr std::size_t kLongest = 200;
  const std::string_view text = base::trim(response.error_body);
  if (text.empty() || text.front() == '<') return {};
  std::string line = redact(text.substr(0, text.find('\n')), secrets);
  if (line.size() > kLongest) line = line.substr(0, kLongest) + "...";
  return " (it says: " + base::printable(line) + ")";
}

FailureKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return FailureKind::unauthorised;
    case 404:
    case 410:
      return FailureKind::not_found;
    case 409:
    case 412:
      return FailureKind::conflict;
    case 413:
      return FailureKind::too_large;
    case 405:
    case 501:
      return FailureKind::unsupported;
    case 408:
    case 425:
    case 429:
      return FailureKind::transient;
    case 505:
    case 507:
      return FailureKind::protocol;
    default:
      return status >= 500 && status < 600 ? FailureKind::transient : FailureKind::protocol;
  }
}

std::string meaning_of(int status) {
  if (status == 401) return "it does not accept who we say we are";
  if (status == 403) return "it does not allow this";
  if (status == 407) return "the proxy wants to know who asks";
  if (status == 429) return "it is asked too often";
  if (status >= 300 && status < 400) return "a redirect that leads nowhere we may go";
  if (status == 507) return "it is full";
  return {};
}

/// Parameters of the stores' own protocols, and values that would make messages unreadable.
bool tells_nothing(std::string_view name, std::string_view value) {
  constexpr std::size_t kShortestSecret = 4;
  constexpr std::string_view kPublic[] = {
      "restype", "comp",     "prefix",     "marker", "blockid", "list-type", "continuation-token",
      "uploads", "uploadId", "partNumber", "slug",   "teamId"};
  return value.size() < kShortestSecret ||
         std::find(std::begin(kPublic), std::end(kPublic), name) != std::end(kPublic);
}

}  // namespace

Failure failure_of(const HttpRequest& request, const HttpResponse& response) {
  const auto secrets = secrets_of(request);
  std::string message =
      fmt::format("{} {} answers {}", request.method, request.url.display(), response.status);
  if (const std::string meaning = meaning_of(response.status); !meaning.empty()) message += ": " + meaning;
  Failure found(kind_of(response.status), redact(message, secrets) + said(response, secrets));
  found.http_status = response.status;
  if (const auto wait = response.headers.find("retry-after")) found.retry_after = parse_retry_after(*wait);
  return found;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value) {
  const std::time_t date = curl().getdate(std::string(value).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(date));
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
  const std::string text(base::trim(value));
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    std::uint32_t seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (parsed.ec != std::errc()) return kLongest;
    return std::min<std::chrono::milliseconds>(kLongest, std::chrono::seconds(seconds));
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  const auto wait =
      std::chrono::duration_cast<std::chrono::seconds>(*date - std::chrono::system_clock::now());
  return std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds(0), kLongest);
}

std::string plain_word(std::string_view text) {
  constexpr std::size_t kLongestWord = 64;
  const auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  const bool is_word = text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), in_word);
  return std::string(is_word ? text : std::string_view());
}

std::vector<std::string> secrets_of(const HttpRequest& request) {
  std::vector<std::string> secrets;
  for (const Header& field : request.headers.fields()) {
    if (!field.secret) continue;
    secrets.push_back(field.value);
    // "Bearer <token>": the token alone is as secret.
    const std::size_t space = field.value.find(' ');
    if (space == std::string::npos) continue;
    secrets.push_back(field.value.substr(space + 1));
    if (base::to_lower(field.value.substr(0, space)) != "basic") continue;
    const auto login = base::from_base64(secrets.back());
    if (login && login->find(':') < login->size() - 1) secrets.push_back(login->substr(login->find(':') + 1));
  }
  if (const auto& who = request.url.user_info()) {
    // "https://token@host" is a way to give a token.
    const std::string& secret = who->password.empty() ? who->user : who->password;
    secrets.push_back(secret);
    secrets.push_back(percent_encode(secret));
  }
  for (const std::string_view pair : base::split(request.url.query(), '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    // Without a name, the whole of it may be a token.
    const std::string_view value = equals == pair.size() ? pair : pair.substr(equals + 1);
    if (tells_nothing(pair.substr(0, equals), value)) continue;
    secrets.emplace_back(value);
    if (auto plain = percent_decode(secrets.back())) secrets.push_back(std::move(*plain));
  }
  return secrets;
}

}  // namespace stillage::net
