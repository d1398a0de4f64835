// SPDX-License-Identifier: MIT
#include "support/token_server.h"

#include "os/command.h"
#include "support/must.h"

namespace stillage::test {
namespace {

constexpr std::chrono::seconds kTokenPatience{30};
constexpr const char* kClient = "11111111-2222-3333-4444-555555555555";

}  // namespace

TokenServer::TokenServer(const std::string& certificates)
    : child_(must(os::TalkingChild::start(
          {.argv = {"python3", "-B", TEST_SUPPORT_DIR "/token_server.py", certificates + "/server.pem",
                    certificates + "/server.key", kClient, kSecret},
           .environment = os::environment(),
           .dir = {}}))) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  port_ = std::stoi(must(child_.answer(kTokenPatience)));
}

std::vector<std::string> TokenServer::environment(std::string_view secret) const {
  return {"AZURE_AUTHORITY_HOST=https://localhost:" + std::to_string(port_), "AZURE_TENANT_ID=a-tenant",
          std::string("AZURE_CLIENT_ID=") + kClient, "AZURE_CLIENT_SECRET=" + std::string(secret)};
}

int TokenServer::set(std::string_view plan) {
  const auto asked = child_.ask(plan);
  if (!asked) must<std::string>(tl::make_unexpected(asked.error()));
  return std::stoi(must(child_.answer(kTokenPatience)));
}

}  // namespace stillage::test
