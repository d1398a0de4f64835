// SPDX-License-Identifier: MIT
#pragma once
// turborepo-remote-cache, a free server of Turborepo's protocol, on a folder of its own or on S3.

#include <optional>
#include <string>

#include "support/s3_server.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

class TurboServer {
 public:
  /// With a signature key, it keeps the signatures of artifacts and gives them back; it does not check them.
  explicit TurboServer(std::string signature_key = {});
  /// On a bucket: artifacts are replaced at once, which they are not in a folder.
  explicit TurboServer(const S3Server& storage);
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  std::uint16_t port() const { return server_->port(); }
  static std::string token() { return "a-token-for-turbo"; }
  /// The folder with the artifacts, by team; where it is on a folder.
  std::string files() const { return dir_ / "artifacts"; }
  /// More bytes than this are refused.
  static std::uint64_t body_limit() { return 300 << 20; }

 private:
  void start(std::vector<std::string> environment);

  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
