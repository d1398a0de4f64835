// SPDX-License-Identifier: MIT
#include <charconv>

#include "blob/redis_store.h"
#include "config/http_client_options.h"
#include "config/store_table.h"

namespace stillage::config {
namespace {

/// The database in "redis://host/3".
Result<unsigned> database_of(const ProviderOptions& options, const net::Url& url) {
  const std::string_view digits = std::string_view(url.path()).substr(1);
  unsigned number = 0;
  if (digits.empty()) return number;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size())
    return options.wrong("url", "has something other than the number of a database after its host");
  return number;
}

/// Who asks, by the URL or by options.
Status take_user(ProviderOptions& options, net::RedisClientOptions& client) {
  client.user = options.text_or("username", "");
  client.password = options.text_or("password", "");
  if (const auto& who = client.url.user_info()) {
    if (!client.user.empty() || !client.password.empty())
      return options.wrong("url", "names a user although username or password do, too");
    client.user = who->user;
    client.password = who->password;
  }
  if (!client.user.empty() && client.password.empty())
    return options.wrong("password",
                         "is missing; a password alone stands in a URL as redis://:password@host");
  return {};
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_redis_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(net::Url url, options.url("url"));
  if (url.scheme() != "redis" && url.scheme() != "rediss")
    return options.wrong("url", "must start with redis:// or, for TLS, rediss://");
  if (!url.query().empty()) return options.wrong("url", "has parameters, which mean nothing here");
  net::RedisClientOptions client{.url = std::move(url)};
  STILLAGE_ASSIGN(client.database, database_of(options, client.url));
  STILLAGE_TRY(take_user(options, client));
  STILLAGE_ASSIGN(client.tls, take_tls_options(options, place));
  STILLAGE_ASSIGN(client.deadlines, take_deadlines(options));

  blob::RedisStoreOptions store;
  store.prefix = options.text_or("prefix", store.prefix);
  constexpr std::uint64_t kLongestTtl = 10ULL * 365 * 24 * 3600;
  STILLAGE_ASSIGN(const std::uint64_t ttl, options.number("ttl", 0));
  if (ttl > kLongestTtl) return options.wrong("ttl", "must be a number of seconds, of at most ten years");
  store.ttl = std::chrono::seconds(static_cast<std::int64_t>(ttl));
  STILLAGE_ASSIGN(store.max_value_size, options.number("maxValueSize", store.max_value_size));
  if (store.max_value_size == 0) return options.wrong("maxValueSize", "must be a number of bytes above 0");
  return std::make_shared<blob::RedisStore>(std::make_shared<net::RedisClient>(std::move(client)),
                                            std::move(store));
}

}  // namespace stillage::config
