// SPDX-License-Identifier: MIT
#include "run/log_capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace stillage::run {
namespace {

/// Neighbours of one stream become one chunk up to this size.
constexpr std::size_t kChunk = 64 << 10;

template <class Chunks>
void append(Chunks& chunks, LogStream stream, std::string_view text) {
  if (!chunks.empty() && chunks.back().stream == stream && chunks.back().text.size() + text.size() <= kChunk)
    chunks.back().text += text;
  else
    chunks.push_back({stream, std::string(text)});
}

}  // namespace

void LogCapture::add(LogStream stream, std::string_view text) {
  if (text.empty()) return;
  if (const std::size_t room = std::min(text.size(), part_ - head_bytes_); room > 0) {
    append(head_, stream, text.substr(0, room));
    head_bytes_ += room;
    text.remove_prefix(room);
  }
  if (text.empty()) return;
  append(tail_, stream, text);
  tail_bytes_ += text.size();
  while (tail_bytes_ > part_) {
    LogChunk& first = tail_.front();
    const std::size_t excess = std::min(tail_bytes_ - part_, first.text.size());
    tail_bytes_ -= excess;
    dropped_ += excess;
    if (excess == first.text.size())
      tail_.pop_front();
    else
      first.text.erase(0, excess);
  }
}

std::vector<LogChunk> LogCapture::take() {
  std::vector<LogChunk> chunks = std::move(head_);
  if (dropped_ > 0) chunks.push_back({LogStream::err, fmt::format("\n[{} bytes left out]\n", dropped_)});
  std::ranges::move(tail_, std::back_inserter(chunks));
  *this = LogCapture(part_);
  return chunks;
}

}  // namespace stillage::run
