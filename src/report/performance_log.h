// SPDX-License-Identifier: MIT
#pragma once
// The record that backfill leaves of one run where `producePerformanceLogs` is on: a JSON object in a file of
// its own.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "stillage/result.h"

namespace stillage::report {

class PerformanceLog {
 public:
  /// `started_ms`: when the run began, in milliseconds since the epoch.
  explicit PerformanceLog(std::int64_t started_ms) { data_["timestamp"] = started_ms; }

  /// Keys are written in the order in which they are set first: name, mode, cacheProvider, hash, hit,
  /// hashOfOutput.
  void set(const char* key, std::string_view text) { data_[key] = text; }
  void set_flag(const char* key, bool value) { data_[key] = value; }
  /// hashTime, fetchTime, buildTime, putTime
  void set_time(const char* key, std::chrono::milliseconds time) { data_[key] = time.count(); }

  /// "perf-<name>-<timestamp>.json", in which what file systems do not bear is '!'; at most 100 characters,
  /// for which the name is cut.
  std::string file_name() const;

  /// Writes the file into the folder, which is made if need be, and returns its path.
  Result<std::string> write(const std::string& folder) const;

 private:
  base::Json data_ = base::Json::object();
};

}  // namespace stillage::report
