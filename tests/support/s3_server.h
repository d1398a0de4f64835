// SPDX-License-Identifier: MIT
#pragma once
// OpenStack Swift, which speaks S3 and checks its signatures, with an empty bucket: see swift_server.py.

#include <optional>
#include <string>

#include "blob/sigv4.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

class S3Server {
 public:
  S3Server();
  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  std::string bucket() const { return "cache"; }
  /// Whose signature opens everything; `session_token` is sent along.
  static blob::AwsCredentials credentials(std::string session_token = {});
  /// Whose signature opens the first bucket for reading.
  static blob::AwsCredentials readers_credentials();
  static std::string region() { return "eu-central-1"; }
  /// One more bucket.
  void make_bucket(const std::string& name) const;

 private:
  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
