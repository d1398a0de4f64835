// SPDX-License-Identifier: MIT
#pragma once
// Servers that are started once and serve all tests of a program, each of which has a place of its own there.

#include <map>
#include <memory>
#include <string>

namespace stillage::test {

/// The server that has been started with these arguments, of which `what` is the name, or is now.
template <class Server, class... Arguments>
Server& shared(const std::string& what, Arguments... arguments) {
  static std::map<std::string, std::unique_ptr<Server>> servers;
  auto& server = servers[what];
  if (!server) server = std::make_unique<Server>(arguments...);
  return *server;
}

/// A name for a place that no other test of this program has.
inline std::string new_place() {
  static int count = 0;
  return "place" + std::to_string(++count);
}

}  // namespace stillage::test
