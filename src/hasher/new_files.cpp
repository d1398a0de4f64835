// SPDX-License-Identifier: MIT
#include "hasher/new_files.h"

#include <fcntl.h>

#include <algorithm>

#include "base/clock.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::hasher {

Result<const NewFiles::Folder*> NewFiles::look_at(const std::string& dir) {
  const std::int64_t now = base::now_ns();
  const auto fd = os::open_at(table_.root_fd(), dir.empty() ? "." : dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  Folder folder;
  folder.read_at_ns = now;
  if (!fd) {
    STILLAGE_ASSIGN(const auto stat, os::stat_at(table_.root_fd(), dir.empty() ? "." : dir));
    if (stat && stat->is_directory()) return tl::make_unexpected(fd.error());
    return &(folders_[dir] = std::move(folder));
  }
  STILLAGE_ASSIGN(folder.stat, os::stat_fd(fd->get()));
  if (const auto known = folders_.find(dir); known != folders_.end()) {
    const Folder& before = known->second;
    if (same_content(before.stat, folder.stat) && os::is_settled(before.stat, before.read_at_ns))
      return &before;
  }
  STILLAGE_ASSIGN(auto entries, os::list_dir(fd->get()));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const os::DirEntry& entry : entries) {
    if (entry.name == ".git" || os::is_temp_name(entry.name) || entry.kind == os::FileKind::other) continue;
    std::string path = os::join_path(dir, entry.name);
    if (entry.kind == os::FileKind::directory) {
      const auto [begin, end] = table_.beneath(path);
      if (begin != end || !table_.listing().is_ignored(path, entry.kind))
        folder.folders.push_back(std::move(path));
    } else if (table_.listing().find(path) == nullptr && !table_.listing().is_ignored(path, entry.kind)) {
      folder.new_files.push_back(std::move(path));
    }
  }
  return &(folders_[dir] = std::move(folder));
}

Result<std::optional<std::string>> NewFiles::find(const std::string& dir, const Enters& enters,
                                                  const Accepts& accepts) {
  std::vector<std::string> folders = {dir};
  while (!folders.empty()) {
    const std::string next = std::move(folders.back());
    folders.pop_back();
    STILLAGE_ASSIGN(const Folder* const folder, look_at(next));
    for (const std::string& path : folder->new_files)
      if (accepts(path)) return std::optional(path);
    for (const std::string& path : folder->folders)
      if (enters(path)) folders.push_back(path);
  }
  return std::optional<std::string>();
}

}  // namespace stillage::hasher
