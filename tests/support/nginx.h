// SPDX-License-Identifier: MIT
#pragma once
// nginx as a plain HTTP cache: PUT, GET, HEAD and DELETE on files of a folder of its own.

#include <optional>
#include <string>

#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

struct NginxOptions {
  /// Makes the folders that a PUT misses by itself; else they must be made with MKCOL.
  bool makes_folders = true;
  /// Over TLS, with a certificate of an authority of its own (Nginx::ca_file).
  bool tls = false;
  /// Over TLS, only for clients with a certificate of that authority (Nginx::client_certificate).
  bool client_certificates = false;
  /// Only with these credentials: "user:password"; "" is for all.
  std::string basic_auth = {};
  /// More directives of the server's block.
  std::string more = {};
};

class Nginx {
 public:
  explicit Nginx(NginxOptions options = {});

  std::string url() const;
  std::uint16_t port() const { return server_->port(); }
  /// The folder with the blobs.
  std::string files() const { return dir_ / "files"; }
  std::string ca_file() const { return dir_ / "ca.pem"; }
  std::string client_certificate() const { return dir_ / "client.pem"; }
  std::string client_key() const { return dir_ / "client.key"; }
  /// One line for each request, "GET /key HTTP/1.1 404 <connection>", of which there must be so many soon:
  /// they are written after the answers.
  std::string access_log(std::ptrdiff_t lines) const;

 private:
  const NginxOptions options_;
  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
