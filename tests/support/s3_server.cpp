// SPDX-License-Identifier: MIT
#include "support/s3_server.h"

#include <cstdio>
#include <cstdlib>

#include "base/digest.h"
#include "base/hex.h"
#include "blob/no_sink.h"
#include "net/http_client.h"
#include "support/patient.h"

namespace stillage::test {

S3Server::S3Server() {
  server_.emplace(ServerSpec{.name = "swift",
                             .install = "run scripts/setup, which installs python3-swift",
                             .command =
                                 [this](std::uint16_t port) {
                                   return std::vector<std::string>{"/usr/bin/python3",
                                                                   TEST_SUPPORT_DIR "/swift_server.py",
                                                                   std::to_string(port), dir_.path()};
                                 },
                             .environment = {},
                             .dir = dir_.path(),
                             .ready = {}});
}

blob::AwsCredentials S3Server::credentials(std::string session_token) {
  return {"cache:writer", "Secret/Of+The/Writer", std::move(session_token)};
}

blob::AwsCredentials S3Server::readers_credentials() {
  return {"cache:reader", "Secret/Of+The/Reader", ""};
}

void S3Server::make_bucket(const std::string& name) const {
  net::HttpRequest make("PUT", net::Url::parse(url())->below(name));
  make.deadlines = kPatient;
  blob::sign_v4(make, credentials(), region(), base::to_hex(base::sha256("")),
                std::chrono::system_clock::now());
  net::HttpClient client;
  blob::NoSink none;
  const auto made = client.perform(make, none);
  if (made && made->status == 200) return;
  std::fprintf(stderr, "swift makes no bucket: %s\n%s",
               made ? made->error_body.c_str() : made.error().message.c_str(), server_->log().c_str());
  std::exit(1);
}

}  // namespace stillage::test
