// SPDX-License-Identifier: MIT
#include "support/azurite.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "base/base64.h"
#include "base/clock.h"
#include "base/sign.h"
#include "base/strings.h"
#include "blob/no_sink.h"
#include "net/percent.h"
#include "support/certificates.h"

namespace stillage::test {
namespace {

// The emulator's account, the same everywhere.
constexpr const char* kAccount = "devstoreaccount1";
constexpr const char* kKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

}  // namespace

Azurite::Azurite(AzuriteTls tls) : tls_(tls) {
  if (tls_ == AzuriteTls::on) make_certificates(dir_.path());
  server_.emplace(ServerSpec{.name = "azurite",
                             .install = "run scripts/setup, which installs tests/servers from npm",
                             .command =
                                 [this](std::uint16_t port) {
                                   std::vector<std::string> command{
                                       "node",
                                       "--require",
                                       TEST_SUPPORT_DIR "/azurite_snapshots.cjs",
                                       TEST_SERVERS_DIR "/node_modules/azurite/dist/src/blob/main.js",
                                       "--blobHost",
                                       "127.0.0.1",
                                       "--blobPort",
                                       std::to_string(port),
                                       "--location",
                                       dir_.path(),
                                       "--skipApiVersionCheck",
                                       "--silent"};
                                   if (tls_ == AzuriteTls::on)
                                     command.insert(command.end(), {"--oauth", "basic", "--cert",
                                                                    "server.pem", "--key", "server.key"});
                                   return command;
                                 },
                             // For what azurite_snapshots.cjs requires.
                             .environment = {"NODE_PATH=" TEST_SERVERS_DIR "/node_modules"},
                             .dir = dir_.path(),
                             .ready = {}});
  make_container(container());
}

void Azurite::make_container(const std::string& name) const {
  const blob::AzureAccount owner = account();
  net::HttpRequest make("PUT", owner.endpoint.below(name).with_parameter("restype", "container"));
  blob::NoSink none;
  const auto authorised = blob::authorise(make, owner, {});
  const auto made = client()->perform(make, none);
  if (!authorised || !made || made->status != 201) {
    std::fprintf(stderr, "azurite makes no container: %s\n%s",
                 made ? made->error_body.c_str() : made.error().message.c_str(), server_->log().c_str());
    std::exit(1);
  }
}

std::string Azurite::connection_string() const {
  return fmt::format("AccountName={};AccountKey={};BlobEndpoint={}://127.0.0.1:{}/{};", kAccount, kKey,
                     tls_ == AzuriteTls::on ? "https" : "http", port(), kAccount);
}

std::string Azurite::sas() const {
  const std::string start = base::iso_time(base::now_ns() - 600'000'000'000).substr(0, 19) + "Z";
  const std::string end = base::iso_time(base::now_ns() + 3'600'000'000'000).substr(0, 19) + "Z";
  // Account, permissions, services, resource types, start, end, addresses, protocols, version.
  const std::string text =
      fmt::format("{}\nrwdlac\nb\nsco\n{}\n{}\n\nhttps,http\n2018-11-09\n", kAccount, start, end);
  const auto signature = base::hmac_sha256(*base::from_base64(kKey), text);
  const std::string coded =
      base::to_base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
  return fmt::format("sv=2018-11-09&ss=b&srt=sco&sp=rwdlac&st={}&se={}&spr=https,http&sig={}",
                     net::percent_encode(start), net::percent_encode(end), net::percent_encode(coded));
}

std::shared_ptr<net::HttpClient> Azurite::client() const {
  net::HttpClientOptions options;
  if (tls_ == AzuriteTls::on) options.tls.ca_file = dir_ / "ca.pem";
  return std::make_shared<net::HttpClient>(options);
}

}  // namespace stillage::test
