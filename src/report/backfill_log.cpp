// SPDX-License-Identifier: MIT
#include "report/backfill_log.h"

#include <fmt/format.h>

#include <cstdio>

namespace stillage::report {
namespace {

std::string mark(base::LogLevel level, Colours colours) {
  switch (level) {
    case base::LogLevel::silly:
      return paint(colours, Colour::dim, "◇");
    case base::LogLevel::verbose:
      return "□";
    case base::LogLevel::info:
      return paint(colours, Colour::cyan, "■");
    case base::LogLevel::warn:
      return paint(colours, Colour::yellow, "▲");
    case base::LogLevel::error:
      return paint(colours, Colour::red, "x");
  }
  return "";
}

}  // namespace

std::string backfill_line(base::LogLevel level, std::string_view message, Colours colours) {
  return fmt::format("backfill: {} {}\n", mark(level, colours), message);
}

void BackfillLog::say(base::LogLevel level, std::string_view message) const {
  if (!options_.level || level > *options_.level) return;
  const bool is_news = level >= base::LogLevel::info;
  std::FILE* const stream = is_news ? stdout : stderr;
  const std::string line = backfill_line(level, message, is_news ? options_.out : options_.err);
  std::fwrite(line.data(), 1, line.size(), stream);
  std::fflush(stream);
}

void BackfillLog::profile(std::string_view what, std::chrono::milliseconds time) const {
  verbose(fmt::format("Profiling {} took {} ms", what, time.count()));
}

}  // namespace stillage::report
