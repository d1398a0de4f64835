// SPDX-License-Identifier: MIT
#include "support/certificates.h"

#include <cstdio>
#include <cstdlib>

#include "os/command.h"
#include "os/file.h"

namespace stillage::test {

std::string must_run(std::vector<std::string> argv, const std::string& dir) {
  auto done = os::run_command({.argv = std::move(argv), .dir = dir, .env = os::environment()});
  if (!done || done->exit_code != 0) {
    std::fprintf(stderr, "test support: %s\n", done ? done->err.c_str() : done.error().message.c_str());
    std::exit(1);
  }
  return std::move(done->out);
}

void make_certificates(const std::string& dir) {
  const std::vector<std::string> new_key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                         "-nodes"};
  const auto request = [&](std::vector<std::string> more) {
    std::vector<std::string> argv{"openssl", "req"};
    argv.insert(argv.end(), new_key.begin(), new_key.end());
    argv.insert(argv.end(), more.begin(), more.end());
    must_run(std::move(argv), dir);
  };
  const auto sign = [&](const std::string& name, const std::string& extension) {
    if (!os::write_file_atomic(dir + "/" + name + ".ext", extension)) std::exit(1);
    request({"-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name});
    must_run({"openssl", "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
              "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem"},
             dir);
  };
  request({"-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority"});
  sign("server", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  sign("client", "extendedKeyUsage=clientAuth\n");
}

}  // namespace stillage::test
