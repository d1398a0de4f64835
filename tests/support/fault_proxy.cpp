// SPDX-License-Identifier: MIT
#include "support/fault_proxy.h"

#include "os/command.h"
#include "support/must.h"

namespace stillage::test {
namespace {

constexpr std::chrono::seconds kPatience{30};

os::TalkingChild start(std::uint16_t upstream_port, FaultProxy::Level level) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  std::vector<std::string> argv{"python3", "-B", TEST_SUPPORT_DIR "/fault_proxy.py",
                                std::to_string(upstream_port)};
  if (level == FaultProxy::Level::raw) argv.push_back("raw");
  return must(
      os::TalkingChild::start({.argv = std::move(argv), .environment = os::environment(), .dir = {}}));
}

}  // namespace

FaultProxy::FaultProxy(std::uint16_t upstream_port, Level level) : child_(start(upstream_port, level)) {
  port_ = static_cast<std::uint16_t>(std::stoi(must(child_.answer(kPatience))));
}

std::string FaultProxy::ask(std::string_view command) {
  must(child_.ask(command));
  return must(child_.answer(kPatience));
}

void FaultProxy::set(std::string_view fault) {
  ask(fault);
}

int FaultProxy::count() {
  return std::stoi(ask(R"({"count": true})"));
}

}  // namespace stillage::test
