// SPDX-License-Identifier: MIT
#include "support/nginx.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/strings.h"
#include "support/certificates.h"

namespace stillage::test {

Nginx::Nginx(NginxOptions options) : options_(std::move(options)) {
  dir_.make_dir("files");
  dir_.make_dir("temp");
  dir_.write("access.log", "");
  if (options_.tls) make_certificates(dir_.path());
  std::string more = options_.more;
  if (options_.tls) more += "ssl_certificate server.pem; ssl_certificate_key server.key;\n";
  if (options_.client_certificates) more += "ssl_client_certificate ca.pem; ssl_verify_client on;\n";
  if (!options_.basic_auth.empty()) {
    const auto parts = base::split(options_.basic_auth, ':');
    const std::string hash = must_run({"openssl", "passwd", "-apr1", std::string(parts.at(1))}, dir_.path());
    dir_.write("users", fmt::format("{}:{}", parts.at(0), hash));
    more += "auth_basic cache; auth_basic_user_file users;\n";
  }
  const auto config = [this, more](std::uint16_t port) {
    return fmt::format(
        "daemon off; master_process off; pid nginx.pid; error_log stderr warn;{}\n"
        "events {{ worker_connections 256; }}\n"
        "http {{\n"
        "  log_format plain '$request $status $connection';\n"
        "  access_log access.log plain;\n"
        "  client_body_temp_path temp/body; fastcgi_temp_path temp/f; proxy_temp_path temp/p; "
        "uwsgi_temp_path temp/u; scgi_temp_path temp/s;\n"
        "  default_type application/octet-stream; client_max_body_size 0;\n"
        "  server {{ listen 127.0.0.1:{}{}; root files; dav_methods PUT DELETE MKCOL; create_full_put_path "
        "{};\n{}"
        "  }}\n}}\n",
        ::geteuid() == 0 ? " user root;" : "", port, options_.tls ? " ssl http2" : "",
        options_.makes_folders ? "on" : "off", more);
  };
  server_.emplace(
      ServerSpec{.name = "nginx",
                 .install = "install nginx-light, as scripts/setup does",
                 .command =
                     [this, config](std::uint16_t port) {
                       dir_.write("nginx.conf", config(port));
                       return std::vector<std::string>{"nginx", "-p", dir_.path(), "-c", "nginx.conf"};
                     },
                 .environment = {},
                 .dir = dir_.path(),
                 .ready = {}});
}

std::string Nginx::url() const {
  return fmt::format("{}://127.0.0.1:{}", options_.tls ? "https" : "http", port());
}

std::string Nginx::access_log(std::ptrdiff_t lines) const {
  constexpr int kTries = 200;
  std::string log;
  for (int i = 0; i < kTries; ++i) {
    log = dir_.read("access.log");
    if (std::count(log.begin(), log.end(), '\n') >= lines) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return log;
}

}  // namespace stillage::test
