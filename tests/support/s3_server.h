// SPDX-License-Identifier: MIT
#pragma once
// s3rver, an emulator of S3, with an empty bucket. It does not check signatures: those are compared with
// botocore's.

#include <optional>
#include <string>

#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

class S3Server {
 public:
  S3Server();
  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  std::string bucket() const { return "cache"; }
  /// One more bucket.
  void make_bucket(const std::string& name) const;

 private:
  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
