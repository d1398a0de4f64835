// SPDX-License-Identifier: MIT
#pragma once
// The thread that moves the bytes of all transfers of a client, over libcurl's pool of connections.

#include <curl/curl.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/http_client.h"
#include "net/transfer.h"

namespace stillage::net {

class TransferLoop {
 public:
  explicit TransferLoop(HttpClientOptions options);
  /// Transfers still at work are dropped.
  ~TransferLoop();

  void start(std::shared_ptr<Transfer> transfer);
  /// The asking thread has made room, or given bytes.
  void resume(std::shared_ptr<Transfer> transfer);
  /// Ends it wherever it is; nobody is told.
  void cancel(std::shared_ptr<Transfer> transfer);

 private:
  enum class Verb { start, resume, cancel };
  struct Command {
    Verb verb;
    std::shared_ptr<Transfer> transfer;
  };

  void send(Command command);
  void run();
  void obey(Command command);
  void begin(std::shared_ptr<Transfer> transfer);
  void collect_finished();
  void end_late_ones();
  /// Takes it from libcurl, which may keep its connection.
  void drop(CURL* handle);

  const HttpClientOptions options_;
  const CaPaths ca_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool ending_ = false;
  CURLM* multi_;
  std::deque<std::shared_ptr<Transfer>> waiting_;
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> active_;
  std::chrono::steady_clock::time_point looked_;
  std::thread thread_;
};

}  // namespace stillage::net
