// SPDX-License-Identifier: MIT
#include "cache/package_walk.h"

#include <algorithm>

#include "os/path.h"

namespace stillage::cache {

Status walk_package(const PackageFolder& folder, const PackageWalk& walk) {
  const auto is_other = [&](const std::string& path) {
    return std::binary_search(walk.other_packages.begin(), walk.other_packages.end(), folder.from_root(path));
  };
  const auto enters = [&](const std::string& name, const std::string& path) {
    return name != ".git" && name != "node_modules" && !is_other(path) && (!walk.enters || walk.enters(path));
  };
  std::vector<std::string> waiting = {""};
  while (!waiting.empty()) {
    const std::string path = std::move(waiting.back());
    waiting.pop_back();
    if (const auto known = walk.known_folders ? walk.known_folders(path) : std::nullopt) {
      for (const std::string& name : *known)
        if (std::string child = os::join_path(path, name); enters(name, child))
          waiting.push_back(std::move(child));
      continue;
    }
    const auto dir = folder.open_folder(path);
    if (!dir) continue;
    STILLAGE_ASSIGN(const auto names, os::list_dir(dir->get()));
    for (const os::DirEntry& name : names) {
      if (name.name == ".git") continue;
      std::string child = os::join_path(path, name.name);
      if (name.kind != os::FileKind::directory) {
        STILLAGE_TRY(walk.visits(child, dir->get(), name));
      } else if (enters(name.name, child)) {
        waiting.push_back(std::move(child));
      }
    }
  }
  return {};
}

}  // namespace stillage::cache
