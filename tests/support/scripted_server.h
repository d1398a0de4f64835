// SPDX-License-Identifier: MIT
#pragma once
// A TCP server on a loopback port whose every connection is served by a function of the test: for the answers
// that no sane server gives.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/fd.h"

namespace stillage::test {

/// One accepted connection; closed at the end of its life.
class Connection {
 public:
  Connection(int fd, const std::atomic<bool>& ending) : fd_(fd), ending_(ending) {}

  /// The next request's head with its empty line, or "" if the client has gone.
  std::string read_head();
  /// Up to `size` more bytes, until the client has gone.
  std::string read_body(std::size_t size);
  /// False if the client has gone.
  bool send(std::string_view bytes);
  /// Waits until the test ends, or the client goes.
  void hang();
  /// The connection ends with a reset.
  void reset();

 private:
  bool fill();

  os::Fd fd_;
  const std::atomic<bool>& ending_;
  std::string received_;
};

class ScriptedServer {
 public:
  using Handler = std::function<void(Connection&)>;
  /// Each connection is served on a thread of its own.
  explicit ScriptedServer(Handler handler);
  ~ScriptedServer();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void accept_all();

  const Handler handler_;
  os::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 <status>" with the fields, a Content-Length and the body.
std::string http_answer(int status, std::string_view body, std::string_view fields = "");

}  // namespace stillage::test
