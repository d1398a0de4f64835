// SPDX-License-Identifier: MIT
#pragma once
// What the library has to tell people. Messages go to one sink of the process, by default stderr; safe to
// call from any thread. Secrets and raw bytes of unknown origin never go in (see base::printable).

#include <functional>
#include <string>
#include <string_view>

namespace stillage::base {

enum class LogLevel { error, warn, info, verbose, silly };

using LogSink = std::function<void(LogLevel, std::string_view message)>;

/// Replaces the sink and forgets which messages were told once; returns the old one.
LogSink set_log_sink(LogSink sink);

void log(LogLevel level, std::string_view message);

inline void warn(std::string_view message) {
  log(LogLevel::warn, message);
}
inline void verbose(std::string_view message) {
  log(LogLevel::verbose, message);
}

/// Tells `message` as a warning the first time that `topic` comes up in this process.
void warn_once(std::string_view topic, std::string_view message);

}  // namespace stillage::base
