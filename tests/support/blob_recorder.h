// SPDX-License-Identifier: MIT
#pragma once
// As much of Azure Blob Storage as a cache needs, in memory, which remembers every request: for comparing
// what goes over the wire. It believes everybody.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "support/scripted_server.h"

namespace stillage::test {

struct RecordedRequest {
  std::string method;
  std::string target;                          ///< path and query as sent
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

class BlobRecorder {
 public:
  BlobRecorder();

  /// The blob service of this account.
  std::string endpoint() const { return server_.url() + "/devstoreaccount1"; }
  /// What has come since the last call.
  std::vector<RecordedRequest> take_requests();
  /// By path: "/devstoreaccount1/<container>/<name>".
  std::map<std::string, std::string> blobs();
  void set_blob(const std::string& path, std::string bytes);

 private:
  void serve(Connection& connection);
  std::string answer(const RecordedRequest& request);

  std::mutex mutex_;
  std::vector<RecordedRequest> requests_;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, std::string> blocks_;  ///< by path, '?' and id
  ScriptedServer server_;                      ///< ends first
};

}  // namespace stillage::test
