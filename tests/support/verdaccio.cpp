// SPDX-License-Identifier: MIT
#include "support/verdaccio.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "blob/no_sink.h"
#include "net/http_client.h"
#include "os/command.h"

namespace stillage::test {
namespace {

Result<std::string> make_user(const net::Url& registry) {
  const std::string who = R"({"name":"tester","password":"password of a test"})";
  net::MemorySource body(who);
  net::HttpRequest request("PUT", registry.below("-/user/org.couchdb.user:tester"));
  request.headers.add("Content-Type", "application/json");
  request.body = &body;
  net::MemorySink answer(1 << 16);
  const auto made = net::HttpClient().perform(request, answer);
  if (!made) return tl::make_unexpected(made.error());
  if (made->status != 201) return fail(ErrorKind::network, made->error_body);
  STILLAGE_ASSIGN(const base::Json parsed, base::parse_json(answer.bytes(), "verdaccio's answer"));
  return parsed.value("token", "");
}

}  // namespace

Verdaccio::Verdaccio() {
  const base::Json config = {{"storage", dir_ / "storage"},
                             {"auth", {{"htpasswd", {{"file", dir_ / "htpasswd"}}}}},
                             {"uplinks", base::Json::object()},
                             {"packages", {{"**", {{"access", "$all"}, {"publish", "$authenticated"}}}}},
                             {"max_body_size", "1gb"},
                             {"web", {{"enable", false}}},
                             {"log", {{"type", "stdout"}, {"format", "pretty"}, {"level", "http"}}}};
  dir_.write("config.yaml", base::to_text(config));  // JSON is YAML
  server_.emplace(ServerSpec{.name = "verdaccio",
                             .install = "run scripts/setup, which installs tests/servers from npm",
                             .command =
                                 [](std::uint16_t port) {
                                   return std::vector<std::string>{
                                       "node",     TEST_SERVERS_DIR "/node_modules/verdaccio/bin/verdaccio",
                                       "--config", "config.yaml",
                                       "--listen", fmt::format("http://127.0.0.1:{}", port)};
                                 },
                             .environment = {"NODE_ENV=production", "HOME=" + dir_.path()},
                             .dir = dir_.path(),
                             .ready = {}});
  const auto token = make_user(url());
  if (!token) {
    std::fprintf(stderr, "verdaccio makes no user: %s\n%s", token.error().message.c_str(),
                 server_->log().c_str());
    std::exit(1);
  }
  token_ = *token;
  dir_.write("npmrc", fmt::format("//127.0.0.1:{}/:_authToken={}\n", port(), token_));
}

net::Url Verdaccio::url() const {
  return *net::Url::parse(fmt::format("http://127.0.0.1:{}/", port()));
}

blob::NpmClientOptions Verdaccio::npm(const std::string& package) const {
  return {.package = package,
          .registry = url(),
          .userconfig = npmrc(),
          .environment = os::environment(),
          .scratch = dir_ / "scratch"};
}

}  // namespace stillage::test
