// SPDX-License-Identifier: MIT
#include "os/path.h"

#include <vector>

#include "base/strings.h"

namespace stillage::os {

std::string join_path(std::string_view base, std::string_view name) {
  if (base.empty() || name.starts_with('/')) return std::string(name);
  if (name.empty()) return std::string(base);
  std::string path(base);
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

std::string normalise_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  for (const std::string_view segment : base::split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      kept.push_back(segment);
    else if (!kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (!absolute)
      kept.push_back(segment);
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out.append(kept[i]);
  }
  return out;
}

std::string_view parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<std::string_view> path_below(std::string_view path, std::string_view base) {
  if (base.empty()) return path;
  if (path == base) return std::string_view();
  if (base == "/") return path.starts_with('/') ? std::optional(path.substr(1)) : std::nullopt;
  if (path.size() > base.size() && path.starts_with(base) && path[base.size()] == '/')
    return path.substr(base.size() + 1);
  return std::nullopt;
}

}  // namespace stillage::os
