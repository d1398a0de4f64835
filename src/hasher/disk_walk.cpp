// SPDX-License-Identifier: MIT
#include "hasher/disk_walk.h"

#include <fcntl.h>

#include <algorithm>

#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::hasher {

Result<std::vector<git::ListedFile>> walk_disk(int root_fd, const std::string& path) {
  std::vector<git::ListedFile> files;
  std::vector<std::string> folders = {path};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const auto fd = os::open_at(root_fd, folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) {
      STILLAGE_ASSIGN(const auto stat, os::stat_at(root_fd, folder));
      if (!stat || !stat->is_directory()) continue;
      return tl::make_unexpected(fd.error());
    }
    STILLAGE_ASSIGN(const auto entries, os::list_dir(fd->get()));
    for (const os::DirEntry& entry : entries) {
      if (os::is_temp_name(entry.name)) continue;
      if (entry.kind == os::FileKind::directory) {
        if (entry.name != ".git" && entry.name != "node_modules")
          folders.push_back(os::join_path(folder, entry.name));
        continue;
      }
      if (entry.name == ".git") continue;
      STILLAGE_ASSIGN(const auto stat, os::stat_at(fd->get(), entry.name));
      if (!stat || (!stat->is_regular() && !stat->is_symlink())) continue;
      git::ListedFile& file = files.emplace_back();
      file.path = os::join_path(folder, entry.name);
      file.stat = *stat;
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace stillage::hasher
