// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <cstdio>
#include <mutex>
#include <utility>

#include "base/strings.h"

namespace stillage::base {
namespace {

void write_to_stderr(LogLevel level, std::string_view message) {
  if (level > LogLevel::warn) return;
  const char* const prefix = level == LogLevel::error ? "error: " : "warning: ";
  std::fprintf(stderr, "%s%.*s\n", prefix, static_cast<int>(message.size()), message.data());
}

struct Log {
  std::mutex mutex;
  LogSink sink = write_to_stderr;
  StringSet told;
};

Log& instance() {
  static Log log;
  return log;
}

}  // namespace

LogSink set_log_sink(LogSink sink) {
  Log& log = instance();
  const std::lock_guard lock(log.mutex);
  log.told.clear();
  return std::exchange(log.sink, sink ? std::move(sink) : write_to_stderr);
}

void log(LogLevel level, std::string_view message) {
  Log& log = instance();
  const std::lock_guard lock(log.mutex);
  log.sink(level, message);
}

void warn_once(std::string_view topic, std::string_view message) {
  Log& log = instance();
  const std::lock_guard lock(log.mutex);
  if (log.told.emplace(topic).second) log.sink(LogLevel::warn, message);
}

}  // namespace stillage::base
