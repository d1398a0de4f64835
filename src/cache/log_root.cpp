// SPDX-License-Identifier: MIT
#include "cache/log_root.h"

#include <algorithm>
#include <cctype>

#include "base/strings.h"

namespace stillage::cache {
namespace {

constexpr std::string_view kToken("\0STILLAGE_ROOT\0", 15);

bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || static_cast<unsigned char>(c) >= 128;
}

/// Where `root` stands in `text` as a path of its own.
std::vector<std::size_t> places_of(std::string_view root, std::string_view text) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(root); at != std::string_view::npos; at = text.find(root, at)) {
    const std::size_t end = at + root.size();
    const bool starts_inside = at > 0 && (continues_name(text[at - 1]) || text[at - 1] == '.');
    const bool ends_inside = end < text.size() && continues_name(text[end]);
    if (!starts_inside && !ends_inside) places.push_back(at);
    at = end;
  }
  return places;
}

/// Replaces in the chunks of one stream as if they were one text.
void replace_in(std::vector<LogChunk*>& chunks, std::string_view root) {
  std::string all;
  for (const LogChunk* chunk : chunks) all += chunk->text;
  const auto places = places_of(root, all);
  if (places.empty()) return;
  auto place = places.begin();
  std::size_t start = 0;
  for (LogChunk* chunk : chunks) {
    const std::size_t end = start + chunk->text.size();
    std::string text;
    std::size_t at = start;
    // A root that began in an earlier chunk has its token there.
    if (place != places.begin()) at = std::min(end, std::max(at, *(place - 1) + root.size()));
    for (; place != places.end() && *place < end; ++place) {
      text.append(all, at, *place - at);
      text.append(kToken);
      at = std::min(end, *place + root.size());
    }
    text.append(all, at, end - at);
    chunk->text = std::move(text);
    start = end;
  }
}

}  // namespace

std::vector<LogChunk> without_root(std::vector<LogChunk> log, std::string_view root) {
  if (root.size() < 2) return log;  // "/" is everywhere
  for (const LogStream stream : {LogStream::out, LogStream::err}) {
    std::vector<LogChunk*> chunks;
    for (LogChunk& chunk : log)
      if (chunk.stream == stream) chunks.push_back(&chunk);
    replace_in(chunks, root);
  }
  return log;
}

std::vector<LogChunk> with_root(std::vector<LogChunk> log, std::string_view root) {
  for (LogChunk& chunk : log) chunk.text = base::replace_all(chunk.text, kToken, root);
  return log;
}

}  // namespace stillage::cache
