// SPDX-License-Identifier: MIT
#pragma once
// Takes what the library has to tell, for the life of this object.

#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace stillage::test {

class LogRecorder {
 public:
  LogRecorder() {
    base::set_log_sink([this](base::LogLevel level, std::string_view message) {
      const std::lock_guard lock(mutex_);
      everything_ += std::string(message) + "\n";
      if (level == base::LogLevel::warn) warnings_.emplace_back(message);
    });
  }
  ~LogRecorder() { base::set_log_sink({}); }

  std::vector<std::string> warnings() const {
    const std::lock_guard lock(mutex_);
    return warnings_;
  }
  std::string everything() const {
    const std::lock_guard lock(mutex_);
    return everything_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> warnings_;
  std::string everything_;
};

}  // namespace stillage::test
