// SPDX-License-Identifier: MIT
#include "support/redis_server.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "support/certificates.h"

namespace stillage::test {

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)) {
  if (options_.tls) make_certificates(dir_.path());
  const auto config = [this](std::uint16_t port) {
    std::string text = fmt::format("bind 127.0.0.1\nsave \"\"\nappendonly no\ndir {}\n", dir_.path());
    if (options_.tls)
      text += fmt::format(
          "port 0\ntls-port {}\ntls-cert-file server.pem\ntls-key-file server.key\ntls-ca-cert-file ca.pem\n"
          "tls-auth-clients {}\n",
          port, options_.client_certificates ? "yes" : "no");
    else
      text += fmt::format("port {}\n", port);
    for (const std::string& line : options_.more) text += line + "\n";
    return text;
  };
  server_.emplace(ServerSpec{.name = "redis-server",
                             .install = "install redis-server, as scripts/setup does",
                             .command =
                                 [this, config](std::uint16_t port) {
                                   dir_.write("redis.conf", config(port));
                                   return std::vector<std::string>{"redis-server", "redis.conf"};
                                 },
                             .environment = {},
                             .dir = dir_.path(),
                             .ready = {}});
}

std::string RedisServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", options_.tls ? "rediss" : "redis", port());
}

net::RedisClientOptions RedisServer::client_options() const {
  net::RedisClientOptions options{.url = *net::Url::parse(url())};
  if (options_.tls) options.tls.ca_file = ca_file();
  if (options_.client_certificates) {
    options.tls.client_certificate = client_certificate();
    options.tls.client_key = client_key();
  }
  return options;
}

net::RespValue RedisServer::say(std::vector<std::string> words) const {
  net::RedisClient client(client_options());
  auto reply = client.exchange({}, [&](net::RedisConnection& connection) -> net::Outcome<net::RespValue> {
    STILLAGE_TRY(connection.send(words, {}));
    return connection.receive({}, {});
  });
  if (!reply) {
    std::fprintf(stderr, "test support: %s\n", reply.error().message.c_str());
    std::exit(1);
  }
  return std::move(*reply);
}

}  // namespace stillage::test
