// SPDX-License-Identifier: MIT
#include "report/output_lines.h"

#include <utility>

namespace stillage::report {
namespace {

std::string visible_part(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t restart = line.rfind('\r');
  return std::string(restart == std::string_view::npos ? line : line.substr(restart + 1));
}

}  // namespace

std::vector<std::string> OutputLines::add(const LogChunk& chunk) {
  std::string& open = open_[static_cast<std::size_t>(chunk.stream)];
  std::vector<std::string> lines;
  std::string_view rest = chunk.text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    open.append(rest.substr(0, end));
    lines.push_back(visible_part(open));
    open.clear();
    rest.remove_prefix(end + 1);
  }
  open.append(rest);
  return lines;
}

std::vector<std::string> OutputLines::finish() {
  std::vector<std::string> lines;
  for (std::string& open : open_) {
    if (!open.empty()) lines.push_back(visible_part(open));
    open.clear();
  }
  return lines;
}

}  // namespace stillage::report
