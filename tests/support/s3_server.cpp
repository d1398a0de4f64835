// SPDX-License-Identifier: MIT
#include "support/s3_server.h"

namespace stillage::test {

S3Server::S3Server() {
  server_.emplace(ServerSpec{.name = "s3rver",
                             .install = "run scripts/setup, which installs tests/servers from npm",
                             .command =
                                 [this](std::uint16_t port) {
                                   return std::vector<std::string>{"node",
                                                                   TEST_SERVERS_DIR
                                                                   "/node_modules/s3rver/bin/s3rver.js",
                                                                   "--address",
                                                                   "127.0.0.1",
                                                                   "--port",
                                                                   std::to_string(port),
                                                                   "--directory",
                                                                   dir_ / "buckets",
                                                                   "--configure-bucket",
                                                                   bucket(),
                                                                   "--silent"};
                                 },
                             .environment = {},
                             .dir = dir_.path(),
                             .ready = {}});
}

}  // namespace stillage::test
