// SPDX-License-Identifier: MIT
#include "support/turbo_server.h"

namespace stillage::test {

TurboServer::TurboServer(std::string signature_key) {
  dir_.make_dir("artifacts");
  std::vector<std::string> environment{"NODE_ENV=production",
                                       "STORAGE_PROVIDER=local",
                                       "STORAGE_PATH_USE_TMP_FOLDER=false",
                                       "STORAGE_PATH=" + files(),
                                       "TURBO_TOKEN=" + token(),
                                       "HOST=127.0.0.1",
                                       "LOG_LEVEL=warn",
                                       "BODY_LIMIT=" + std::to_string(body_limit())};
  if (!signature_key.empty()) environment.push_back("TURBO_REMOTE_CACHE_SIGNATURE_KEY=" + signature_key);
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
