// SPDX-License-Identifier: MIT
#include "support/nginx.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/strings.h"
#include "os/command.h"

namespace stillage::test {
namespace {

void run(std::vector<std::string> argv, const std::string& dir, std::string* out = nullptr) {
  const auto done = os::run_command({.argv = std::move(argv), .dir = dir, .env = os::environment()});
  if (!done || done->exit_code != 0) {
    std::fprintf(stderr, "%s\n", done ? done->err.c_str() : done.error().message.c_str());
    std::exit(1);
  }
  if (out != nullptr) *out = done->out;
}

}  // namespace

Nginx::Nginx(NginxOptions options) : options_(std::move(options)) {
  dir_.make_dir("files");
  dir_.make_dir("temp");
  dir_.write("access.log", "");
  if (options_.tls) make_certificates();
  std::string more = options_.more;
  if (options_.tls) more += "ssl_certificate server.pem; ssl_certificate_key server.key;\n";
  if (options_.client_certificates) more += "ssl_client_certificate ca.pem; ssl_verify_client on;\n";
  if (!options_.basic_auth.empty()) {
    const auto parts = base::split(options_.basic_auth, ':');
    std::string hash;
    run({"openssl", "passwd", "-apr1", std::string(parts.at(1))}, dir_.path(), &hash);
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

void Nginx::make_certificates() const {
  const std::string dir = dir_.path();
  const auto sign = [&](const std::string& name, const std::string& extension) {
    dir_.write(name + ".ext", extension);
    run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name},
        dir);
    run({"openssl", "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem"},
        dir);
  };
  run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
       "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority"},
      dir);
  sign("server", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  sign("client", "extendedKeyUsage=clientAuth\n");
}

}  // namespace stillage::test
