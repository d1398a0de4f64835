// SPDX-License-Identifier: MIT
#include "archive/entry.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "os/file.h"

namespace stillage::archive {
namespace {

bool is_safe_segment(std::string_view segment) {
  if (segment.empty() || segment.size() > kMaxSegment || segment == "." || segment == "..") return false;
  if (segment[0] != '.') return true;
  if (os::is_temp_name(segment)) return false;
  return segment.size() != 4 || base::to_lower(segment) != ".git";
}

}  // namespace

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath || path.find('\0') != std::string_view::npos) return false;
  if (path == ".stillage" || path.starts_with(".stillage/")) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_safe_segment(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

Status OutputOrder::add(std::string_view path, OutputKind kind) {
  if (!is_safe_path(path))
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is no path of an output", base::printable(path)));
  if (path <= last_)
    return fail(ErrorKind::invalid, fmt::format("\"{}\" comes after \"{}\": not in byte order, or twice",
                                                base::printable(path), base::printable(last_)));
  std::size_t common = 0;
  while (common < last_.size() && last_[common] == path[common]) ++common;
  while (!prefixes_.empty() && prefixes_.back().length > common) prefixes_.pop_back();
  for (const Prefix& prefix : prefixes_) {
    if (path[prefix.length] == '/' && !prefix.is_directory)
      return fail(ErrorKind::invalid,
                  fmt::format("\"{}\" lies below \"{}\", which is no folder", base::printable(path),
                              base::printable(path.substr(0, prefix.length))));
  }
  prefixes_.push_back({path.size(), kind == OutputKind::directory});
  last_ = path;
  return {};
}

}  // namespace stillage::archive
