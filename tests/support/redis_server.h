// SPDX-License-Identifier: MIT
#pragma once
// A Redis server with nothing in it, which writes nothing to disk.

#include <optional>
#include <string>
#include <vector>

#include "net/redis_client.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

struct RedisServerOptions {
  /// Only over TLS, with a certificate of an authority of its own (RedisServer::ca_file); with
  /// `client_certificates`, only for clients with one of that authority.
  bool tls = false;
  bool client_certificates = false;
  /// More lines of its configuration: "requirepass sesame".
  std::vector<std::string> more = {};
};

class RedisServer {
 public:
  explicit RedisServer(RedisServerOptions options = {});

  std::uint16_t port() const { return server_->port(); }
  std::string url() const;
  std::string ca_file() const { return dir_ / "ca.pem"; }
  std::string client_certificate() const { return dir_ / "client.pem"; }
  std::string client_key() const { return dir_ / "client.key"; }
  /// How a client gets to it, without user and password.
  net::RedisClientOptions client_options() const;
  /// Says one command as the default user, and returns the reply.
  net::RespValue say(std::vector<std::string> words) const;

 private:
  const RedisServerOptions options_;
  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
