// SPDX-License-Identifier: MIT
#include "watch/tree_snapshot.h"

#include <fcntl.h>

#include <algorithm>

#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::watch {
namespace {

bool is_same(const os::FileStat& before, const os::FileStat& after) {
  if (before.is_directory()) return true;
  return before.size == after.size && before.mtime_ns == after.mtime_ns && before.inode == after.inode &&
         before.mode == after.mode;
}

}  // namespace

const char* to_string(Change change) {
  switch (change) {
    case Change::add:
      return "add";
    case Change::add_dir:
      return "addDir";
    case Change::change:
      return "change";
    case Change::unlink:
      return "unlink";
    case Change::unlink_dir:
      return "unlinkDir";
  }
  return "";
}

TreeSnapshot TreeSnapshot::take(const std::string& root, const Ignored& ignored) {
  const auto is_ignored = [&](const std::string& name, const std::string& path) {
    const auto holds = [](const std::vector<std::string>& list, const std::string& text) {
      return std::find(list.begin(), list.end(), text) != list.end();
    };
    return holds(ignored.names, name) || holds(ignored.folders, os::join_path(root, path));
  };
  TreeSnapshot snapshot;
  std::vector<std::string> folders = {""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const auto dir = os::open_path(os::join_path(root, folder), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!dir) continue;
    const auto entries = os::list_dir(dir->get());
    if (!entries) continue;
    for (const os::DirEntry& entry : *entries) {
      std::string path = os::join_path(folder, entry.name);
      if (is_ignored(entry.name, path)) continue;
      const auto stat = os::stat_at(dir->get(), entry.name);
      if (!stat || !*stat) continue;
      if ((*stat)->is_directory()) folders.push_back(path);
      snapshot.entries_.emplace(std::move(path), **stat);
    }
  }
  return snapshot;
}

std::vector<ChangedPath> TreeSnapshot::changes_until(const TreeSnapshot& later) const {
  std::vector<ChangedPath> changes;
  const auto gone = [&](const auto& entry) {
    changes.push_back({entry.first, entry.second.is_directory() ? Change::unlink_dir : Change::unlink});
  };
  const auto added = [&](const auto& entry) {
    changes.push_back({entry.first, entry.second.is_directory() ? Change::add_dir : Change::add});
  };
  auto before = entries_.begin();
  auto after = later.entries_.begin();
  while (before != entries_.end() || after != later.entries_.end()) {
    if (after == later.entries_.end() || (before != entries_.end() && before->first < after->first)) {
      gone(*before++);
    } else if (before == entries_.end() || after->first < before->first) {
      added(*after++);
    } else {
      if (before->second.is_directory() != after->second.is_directory()) {
        gone(*before);
        added(*after);
      } else if (!is_same(before->second, after->second)) {
        changes.push_back({before->first, Change::change});
      }
      ++before;
      ++after;
    }
  }
  return changes;
}

}  // namespace stillage::watch
