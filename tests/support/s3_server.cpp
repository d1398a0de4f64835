// SPDX-License-Identifier: MIT
#include "support/s3_server.h"

#include <cstdio>
#include <cstdlib>

#include "blob/no_sink.h"
#include "net/http_client.h"

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

void S3Server::make_bucket(const std::string& name) const {
  net::HttpClient client;
  blob::NoSink none;
  const auto made = client.perform({"PUT", net::Url::parse(url())->below(name)}, none);
  if (made && made->status == 200) return;
  std::fprintf(stderr, "s3rver makes no bucket: %s\n",
               made ? made->error_body.c_str() : made.error().message.c_str());
  std::exit(1);
}

}  // namespace stillage::test
