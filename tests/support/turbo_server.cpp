// SPDX-License-Identifier: MIT
#include "support/turbo_server.h"

namespace stillage::test {

TurboServer::TurboServer(std::string signature_key) {
  dir_.make_dir("artifacts");
  std::vector<std::string> environment{"STORAGE_PROVIDER=local", "STORAGE_PATH_USE_TMP_FOLDER=false",
                                       "STORAGE_PATH=" + files()};
  if (!signature_key.empty()) environment.push_back("TURBO_REMOTE_CACHE_SIGNATURE_KEY=" + signature_key);
  start(std::move(environment));
}

TurboServer::TurboServer(const S3Server& storage) {
  const blob::AwsCredentials owner = S3Server::credentials();
  start({"STORAGE_PROVIDER=s3", "STORAGE_PATH=" + storage.bucket(), "S3_ENDPOINT=" + storage.url(),
         "S3_REGION=" + S3Server::region(), "S3_ACCESS_KEY=" + owner.access_key,
         "S3_SECRET_KEY=" + owner.secret_key,
         // Swift does not know checksums behind a body.
         "AWS_REQUEST_CHECKSUM_CALCULATION=WHEN_REQUIRED", "AWS_RESPONSE_CHECKSUM_VALIDATION=WHEN_REQUIRED"});
}

void TurboServer::start(std::vector<std::string> environment) {
  environment.insert(environment.end(), {"NODE_ENV=production", "TURBO_TOKEN=" + token(), "HOST=127.0.0.1",
                                         "LOG_LEVEL=warn", "BODY_LIMIT=" + std::to_string(body_limit())});
  server_.emplace(ServerSpec{.name = "turborepo-remote-cache",
                             .install = "run scripts/setup, which installs tests/servers from npm",
                             .command =
                                 [](std::uint16_t port) {
                                   return std::vector<std::string>{
                                       "env", "PORT=" + std::to_string(port), "node",
                                       TEST_SERVERS_DIR "/node_modules/turborepo-remote-cache/dist/cli.js"};
                                 },
                             .environment = std::move(environment),
                             .dir = dir_.path(),
                             .ready = {}});
}

}  // namespace stillage::test
