// SPDX-License-Identifier: MIT
#pragma once
// A real server for a test: started on a loopback port that was free, waited for until it answers, and ended
// with the test, however that ends. A server that is not installed ends the test program with the words that
// say how to get it: a test that silently does nothing would be worse.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stillage::test {

/// A loopback port that nobody listens on now.
std::uint16_t free_port();

/// Whether something accepts connections on that loopback port.
bool accepts_connections(std::uint16_t port);

struct ServerSpec {
  std::string name;     ///< for messages
  std::string install;  ///< what to do when the program is missing
  /// The program (found in PATH and the sbin folders) and its arguments, for a port.
  std::function<std::vector<std::string>(std::uint16_t port)> command;
  std::vector<std::string> environment;  ///< NAME=value, besides ours
  std::string dir;                       ///< where it runs; its output goes to "<dir>/<name>.log"
  std::chrono::seconds patience{30};
  /// Answers whether it is ready; by default, whether it accepts connections.
  std::function<bool(std::uint16_t port)> ready;
};

class ServerProcess {
 public:
  /// Starts it and waits until it is ready. Tries other ports if it ends meanwhile.
  explicit ServerProcess(ServerSpec spec);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// What it has printed so far.
  std::string log() const;
  /// Ends it now, with all that it started.
  void stop();

 private:
  void start();
  bool wait_until_ready();
  /// Ended by itself?
  bool has_ended();
  [[noreturn]] void give_up(const std::string& why) const;

  const ServerSpec spec_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace stillage::test
