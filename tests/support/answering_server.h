// SPDX-License-Identifier: MIT
#pragma once
// A ScriptedServer that notes every request, and answers as a function of the test says: for services that a
// test plays itself.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/scripted_server.h"

namespace stillage::test {

/// One request as it came.
struct HttpAsked {
  std::string head;
  std::string body;
  /// "GET /path?query".
  std::string line() const { return head.substr(0, head.find(" HTTP/")); }
};

class AnsweringServer {
 public:
  using Answer = std::function<std::string(const HttpAsked& asked)>;
  explicit AnsweringServer(Answer answer)
      : answer_(std::move(answer)), server_([this](Connection& connection) { serve(connection); }) {}

  std::string url() const { return server_.url(); }
  std::vector<HttpAsked> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve(Connection& connection) {
    for (std::string head; !(head = connection.read_head()).empty();) {
      HttpAsked asked{head, ""};
      const std::size_t field = head.find("Content-Length: ");
      if (field != std::string::npos) asked.body = connection.read_body(std::stoul(head.substr(field + 16)));
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(asked);
      }
      connection.send(answer_(asked));
    }
  }

  const Answer answer_;
  std::mutex mutex_;
  std::vector<HttpAsked> asked_;
  ScriptedServer server_;
};

}  // namespace stillage::test
