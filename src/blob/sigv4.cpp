// SPDX-License-Identifier: MIT
#include "blob/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "base/hex.h"
#include "base/strings.h"
#include "blob/hmac.h"
#include "net/percent.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string_view text_of(const base::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex_sha256(std::string_view bytes) {
  return base::to_hex(base::sha256(bytes));
}

/// "20261122T101112Z".
std::string amz_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// Sorted by name, then value; each encoded in the one way that the signature wants.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view pair : base::split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto coded = [](std::string_view text) {
      return net::percent_encode(net::percent_decode(text).value_or(std::string(text)));
    };
    pairs.emplace_back(coded(pair.substr(0, equals)), coded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::string> texts;
  for (const auto& [name, value] : pairs) texts.push_back(name + "=" + value);
  return base::join(texts, "&");
}

/// Without white space at its ends, and no two spaces in a row.
std::string canonical_value(std::string_view value) {
  std::string clean;
  for (const char c : base::trim(value))
    if (c != ' ' || clean.back() != ' ') clean += c;
  return clean;
}

/// The fields that are signed, Host included, by name.
std::map<std::string, std::string> signed_fields(const net::HttpRequest& request) {
  std::map<std::string, std::string> fields;
  fields["host"] = request.url.origin().substr(request.url.origin().find("://") + 3);
  for (const net::Header& field : request.headers.fields()) {
    std::string& value = fields[base::to_lower(field.name)];
    value += (value.empty() ? "" : ",") + canonical_value(field.value);
  }
  return fields;
}

}  // namespace

void sign_v4(net::HttpRequest& request, const AwsCredentials& credentials, std::string_view region,
             std::string_view payload, std::chrono::system_clock::time_point time, std::string_view service) {
  const std::string date = amz_date(time);
  request.headers.add("X-Amz-Date", date);
  request.headers.add("X-Amz-Content-SHA256", std::string(payload));
  if (!credentials.session_token.empty())
    request.headers.add_secret("X-Amz-Security-Token", credentials.session_token);

  std::string names;
  std::string fields;
  for (const auto& [name, value] : signed_fields(request)) {
    names += (names.empty() ? "" : ";") + name;
    fields += name + ":" + value + "\n";
  }
  const std::string canonical =
      base::join({request.method, request.url.path(), canonical_query(request.url.query()), fields, names,
                  std::string(payload)},
                 "\n");
  const std::string day = date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, region, service);
  const std::string text = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope, hex_sha256(canonical));

  base::Sha256Digest key = hmac_sha256("AWS4" + credentials.secret_key, day);
  for (const std::string_view step : {region, service, std::string_view("aws4_request")})
    key = hmac_sha256(text_of(key), step);
  request.headers.add_secret(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key,
                  scope, names, base::to_hex(hmac_sha256(text_of(key), text))));
}

}  // namespace stillage::blob
