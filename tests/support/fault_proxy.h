// SPDX-License-Identifier: MIT
#pragma once
// A proxy in front of a server that breaks what a test tells it to: see fault_proxy.py for the faults.

#include <cstdint>
#include <string>
#include <string_view>

#include "os/talking_child.h"

namespace stillage::test {

class FaultProxy {
 public:
  enum class Level { http, raw };
  explicit FaultProxy(std::uint16_t upstream_port, Level level = Level::http);

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// A JSON object: R"({"fault": "stall", "at": 100})". Counts for requests from now on.
  void set(std::string_view fault);
  /// How many requests there have been.
  int count();

 private:
  std::string ask(std::string_view command);

  os::TalkingChild child_;
  std::uint16_t port_ = 0;
};

}  // namespace stillage::test
