// SPDX-License-Identifier: MIT
#include "hasher/package_layout.h"

#include <algorithm>

#include "base/strings.h"

namespace stillage::hasher {

PackageLayout::PackageLayout(const workspace::Workspace& workspace) {
  for (const workspace::Package& package : workspace.packages)
    if (!package.dir.empty()) dirs_.push_back(package.dir + "/");
  std::sort(dirs_.begin(), dirs_.end());
}

std::vector<std::string> PackageLayout::nested_in(std::string_view dir) const {
  std::string prefix(dir);
  if (!prefix.empty()) prefix += '/';
  std::vector<std::string> nested;
  for (auto it = std::lower_bound(dirs_.begin(), dirs_.end(), prefix);
       it != dirs_.end() && it->starts_with(prefix); ++it) {
    if (*it == prefix) continue;
    if (!nested.empty() && it->starts_with(nested.back())) continue;
    nested.push_back(*it);
  }
  for (std::string& path : nested) path.pop_back();
  return nested;
}

bool PackageLayout::is_package_dir(std::string_view dir) const {
  return std::binary_search(dirs_.begin(), dirs_.end(), std::string(dir) + "/");
}

std::string_view PackageLayout::owner_of(std::string_view path) const {
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    const std::string_view dir = path.substr(0, slash + 1);
    const auto it = std::lower_bound(dirs_.begin(), dirs_.end(), dir);
    if (it != dirs_.end() && *it == dir) return path.substr(0, slash);
  }
  return {};
}

bool has_segment(std::string_view path, std::string_view name) {
  const auto segments = base::split(path, '/');
  return std::find(segments.begin(), segments.end(), name) != segments.end();
}

}  // namespace stillage::hasher
