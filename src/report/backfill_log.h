// SPDX-License-Identifier: MIT
#pragma once
// What plain backfill tells people, in its own form: "backfill: ■ Cache hit!".

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "report/style.h"

namespace stillage::report {

/// Safe to use from one thread at a time.
class BackfillLog {
 public:
  struct Options {
    /// Below what importance messages are kept back; nothing keeps back all.
    std::optional<base::LogLevel> level = base::LogLevel::info;
    /// Of standard output, where news go, and of standard error, where warnings and errors go.
    Colours out = Colours::off, err = Colours::off;
  };

  explicit BackfillLog(Options options) : options_(options) {}

  void say(base::LogLevel level, std::string_view message) const;
  void info(std::string_view message) const { say(base::LogLevel::info, message); }
  void verbose(std::string_view message) const { say(base::LogLevel::verbose, message); }
  void warn(std::string_view message) const { say(base::LogLevel::warn, message); }
  void error(std::string_view message) const { say(base::LogLevel::error, message); }
  /// "Profiling hashTime took 12 ms"
  void profile(std::string_view what, std::chrono::milliseconds time) const;

 private:
  Options options_;
};

/// One message as a line, its line end included.
std::string backfill_line(base::LogLevel level, std::string_view message, Colours colours);

}  // namespace stillage::report
