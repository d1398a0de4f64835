// SPDX-License-Identifier: MIT
#include "cache/backfill_log.h"

namespace stillage::cache {

std::string to_log_text(const std::vector<LogChunk>& log) {
  std::string out;
  std::string err;
  for (const LogChunk& chunk : log) (chunk.stream == LogStream::out ? out : err) += chunk.text;
  return out + "\n" + err;
}

std::vector<LogChunk> from_log_text(std::string_view text) {
  const std::size_t between = text.rfind('\n');
  const std::string_view out = text.substr(0, between);
  const std::string_view err =
      between == std::string_view::npos ? std::string_view() : text.substr(between + 1);
  std::vector<LogChunk> log;
  if (!out.empty()) log.push_back({LogStream::out, std::string(out)});
  if (!err.empty()) log.push_back({LogStream::err, std::string(err)});
  return log;
}

}  // namespace stillage::cache
