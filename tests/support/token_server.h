// SPDX-License-Identifier: MIT
#pragma once
// A login service over TLS for one client; its tokens are taken by Azurite. See token_server.py.

#include <string>
#include <string_view>
#include <vector>

#include "os/talking_child.h"

namespace stillage::test {

class TokenServer {
 public:
  static constexpr const char* kSecret = "cl1ent-s3cret~value";

  /// Shows server.pem of this folder (see make_certificates).
  explicit TokenServer(const std::string& certificates);

  /// The variables with which the credential "environment" asks here.
  std::vector<std::string> environment(std::string_view secret = kSecret) const;
  /// A JSON object: R"({"expired": 1})". Returns how many questions there have been.
  int set(std::string_view plan);
  int count() { return set("{}"); }

 private:
  os::TalkingChild child_;
  int port_ = 0;
};

}  // namespace stillage::test
