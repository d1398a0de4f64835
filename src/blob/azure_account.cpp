// SPDX-License-Identifier: MIT
#include "blob/azure_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "base/base64.h"
#include "base/strings.h"
#include "blob/hmac.h"
#include "net/percent.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kVersion = "2025-05-05";
// The account of the emulator (Azurite), the same on every machine and documented by Microsoft.
constexpr std::string_view kDevelopmentStorage =
    "AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";

tl::unexpected<Error> bad(std::string_view why) {
  return fail(ErrorKind::invalid, fmt::format("the Azure connection string {}", why));
}

Result<net::Url> endpoint_of(std::map<std::string, std::string, std::less<>>& fields) {
  if (const auto given = fields.find("blobendpoint"); given != fields.end()) {
    auto url = net::Url::parse(given->second);
    if (!url) return bad("has a BlobEndpoint that is " + url.error().message);
    return *url;
  }
  std::string& protocol = fields["defaultendpointsprotocol"];
  std::string& suffix = fields["endpointsuffix"];
  auto url =
      net::Url::parse(fmt::format("{}://{}.blob.{}", protocol.empty() ? "https" : protocol,
                                  fields["accountname"], suffix.empty() ? "core.windows.net" : suffix));
  if (!url) return bad("has an AccountName, EndpointSuffix or DefaultEndpointsProtocol that makes no URL");
  return *url;
}

/// "account" of https://account.blob.core.windows.net, or of http://127.0.0.1:10000/account.
std::string account_of(const net::Url& endpoint) {
  const std::string_view path = std::string_view(endpoint.path()).substr(1);
  if (!path.empty()) return std::string(path.substr(0, path.find('/')));
  return endpoint.host().substr(0, endpoint.host().find('.'));
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  // Not strftime's %a and %b, which speak the user's language.
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// All x-ms- fields, by name.
std::string canonical_headers(const net::Headers& headers) {
  std::map<std::string, std::string> ours;
  for (const net::Header& field : headers.fields()) {
    std::string name = base::to_lower(field.name);
    if (name.starts_with("x-ms-")) ours[std::move(name)] = base::trim(field.value);
  }
  std::string text;
  for (const auto& [name, value] : ours) text += name + ":" + value + "\n";
  return text;
}

std::string canonical_resource(const net::Url& url, const std::string& account) {
  std::map<std::string, std::string> parameters;
  for (const std::string_view pair : base::split(url.query(), '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    parameters[base::to_lower(pair.substr(0, equals))] =
        net::percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
  }
  std::string text = "/" + account + url.path();
  for (const auto& [name, value] : parameters) text += "\n" + name + ":" + value;
  return text;
}

}  // namespace

Result<AzureAccount> parse_connection_string(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  for (const std::string_view part : base::split(text, ';')) {
    const std::string_view field = base::trim(part);
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return bad("has a part without '='");
    fields[base::to_lower(field.substr(0, equals))] = field.substr(equals + 1);
  }
  if (base::to_lower(fields["usedevelopmentstorage"]) == "true")
    return parse_connection_string(kDevelopmentStorage);
  const std::string key = fields["accountkey"];
  std::string sas = fields["sharedaccesssignature"];
  if (key.empty() && sas.empty()) return bad("has neither AccountKey nor SharedAccessSignature");
  if (!fields.contains("blobendpoint") && fields["accountname"].empty())
    return bad("has neither AccountName nor BlobEndpoint");
  STILLAGE_ASSIGN(net::Url endpoint, endpoint_of(fields));
  std::string name = fields["accountname"].empty() ? account_of(endpoint) : fields["accountname"];
  AzureAccount account{.endpoint = std::move(endpoint), .name = std::move(name)};
  if (!sas.empty()) {
    account.sas = sas.starts_with('?') ? sas.substr(1) : std::move(sas);
    return account;
  }
  auto decoded = base::from_base64(key);
  if (!decoded || decoded->empty()) return bad("has an AccountKey that is no base64");
  account.key = std::move(*decoded);
  return account;
}

std::string shared_key_text(const net::HttpRequest& request, const std::string& account) {
  const auto field = [&request](std::string_view name) { return std::string(request.headers.get(name)); };
  const std::uint64_t size = request.body != nullptr ? request.body->size() : 0;
  std::string range = field("Range");
  if (request.range)
    range =
        fmt::format("bytes={}-{}", request.range->offset, request.range->offset + request.range->size - 1);
  return base::join({request.method, field("Content-Encoding"), field("Content-Language"),
                     size == 0 ? "" : std::to_string(size), field("Content-MD5"), field("Content-Type"),
                     /* Date, as there is an x-ms-date */ "", field("If-Modified-Since"), field("If-Match"),
                     field("If-None-Match"), field("If-Unmodified-Since"), range,
                     canonical_headers(request.headers) + canonical_resource(request.url, account)},
                    "\n");
}

net::Outcome<std::string> authorise(net::HttpRequest& request, const AzureAccount& account,
                                    std::stop_token stop) {
  request.headers.add("x-ms-date", http_date());
  request.headers.add("x-ms-version", std::string(kVersion));
  if (!account.sas.empty()) {
    const std::string& query = request.url.query();
    request.url = request.url.with_query(query.empty() ? account.sas : query + "&" + account.sas);
  } else if (account.tokens.get) {
    if (!request.url.is_https())
      return net::failure(net::FailureKind::local,
                          fmt::format("{} is no https URL: a token must not go there", request.url.origin()));
    STILLAGE_ASSIGN(std::string token, account.tokens.get(stop));
    request.headers.add_secret("Authorization", "Bearer " + token);
    return token;
  } else if (!account.key.empty()) {
    const auto signature = hmac_sha256(account.key, shared_key_text(request, account.name));
    request.headers.add_secret(
        "Authorization",
        fmt::format("SharedKey {}:{}", account.name,
                    base::to_base64({reinterpret_cast<const char*>(signature.data()), signature.size()})));
  }
  return std::string();
}

}  // namespace stillage::blob
