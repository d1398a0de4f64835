// SPDX-License-Identifier: MIT
#pragma once
// verdaccio, an npm registry, without others behind it. Everybody reads; whoever has the user's token
// publishes.

#include <optional>
#include <string>

#include "blob/npm_client.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

class Verdaccio {
 public:
  Verdaccio();

  std::uint16_t port() const { return server_->port(); }
  net::Url url() const;
  const std::string& token() const { return token_; }
  /// A user config that lets npm publish here.
  std::string npmrc() const { return dir_ / "npmrc"; }
  /// How npm publishes `package` here.
  blob::NpmClientOptions npm(const std::string& package) const;

 private:
  TempDir dir_;
  std::string token_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
