// SPDX-License-Identifier: MIT
#include "cache/backfill_entry.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/strings.h"
#include "os/beneath.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

bool is_same_file(const os::FileStat& a, const os::FileStat& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns &&
         a.ctime_ns == b.ctime_ns;
}

tl::unexpected<Error> changed(std::string_view path) {
  return fail(ErrorKind::corrupt,
              fmt::format("the entry changed while it was being read, at {}", base::printable(path)));
}

}  // namespace

Result<std::optional<BackfillEntry>> BackfillEntry::open(const std::string& path) {
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path));
  if (!stat || !stat->is_directory()) return std::optional<BackfillEntry>();
  auto folder = os::open_path(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder) {
    STILLAGE_ASSIGN(const auto still, os::stat_path(path));
    if (!still) return std::optional<BackfillEntry>();
    return tl::make_unexpected(folder.error());
  }
  BackfillEntry entry(std::move(*folder));
  STILLAGE_TRY(entry.list());
  return std::optional(std::move(entry));
}

Status BackfillEntry::list() {
  std::vector<std::string> waiting = {""};
  while (!waiting.empty()) {
    const std::string path = std::move(waiting.back());
    waiting.pop_back();
    const auto dir = os::open_beneath(folder_.get(), path, O_RDONLY | O_DIRECTORY, os::LinkPolicy::refuse);
    if (!dir) {
      const auto still = os::stat_at(folder_.get(), path);
      return still && !*still ? changed(path) : tl::make_unexpected(dir.error());
    }
    STILLAGE_ASSIGN(const os::FileStat folder_stat, os::stat_fd(dir->get()));
    folders_.push_back({path, folder_stat});
    const auto names = os::list_dir(dir->get());
    if (!names) {
      STILLAGE_ASSIGN(const os::FileStat now, os::stat_fd(dir->get()));
      return now.hard_links == 0 ? changed(path) : tl::make_unexpected(names.error());
    }
    for (const os::DirEntry& name : *names) {
      std::string child = os::join_path(path, name.name);
      STILLAGE_ASSIGN(const auto stat, os::stat_at(dir->get(), name.name));
      if (!stat) return changed(child);
      if (stat->is_directory())
        waiting.push_back(std::move(child));
      else
        STILLAGE_TRY(add(dir->get(), std::move(child), name.name, *stat));
    }
  }
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.path < b.path; });
  return {};
}

Status BackfillEntry::add(int dir, std::string path, const std::string& name, const os::FileStat& stat) {
  if (stat.is_regular()) {
    bytes_ += stat.size;
    items_.push_back({.path = std::move(path), .is_link = false, .link = {}, .stat = stat, .content = stat});
  } else if (stat.is_symlink()) {
    Item item{.path = std::move(path), .is_link = true, .link = {}, .stat = stat, .content = {}};
    STILLAGE_ASSIGN(item.link, os::read_link_at(dir, name));
    const auto target = os::open_beneath(folder_.get(), item.path, O_PATH, os::LinkPolicy::inside_only);
    if (target) {
      STILLAGE_ASSIGN(const os::FileStat found, os::stat_fd(target->get()));
      if (found.is_regular()) item.content = found;
    }
    items_.push_back(std::move(item));
  }
  return {};
}

Result<os::Fd> BackfillEntry::open_content(const Item& item) const {
  const auto links = item.is_link ? os::LinkPolicy::inside_only : os::LinkPolicy::refuse;
  auto file = os::open_beneath(folder_.get(), item.path, O_RDONLY | O_NONBLOCK, links);
  if (!file) {
    const auto now = os::stat_at(folder_.get(), item.path);
    if (!now || !*now || now->value().is_symlink() != item.is_link) return changed(item.path);
    return tl::make_unexpected(file.error());
  }
  STILLAGE_TRY(check_content(item, *file));
  return file;
}

Status BackfillEntry::check_content(const Item& item, const os::Fd& content) {
  STILLAGE_ASSIGN(const os::FileStat now, os::stat_fd(content.get()));
  if (!is_same_file(now, *item.content)) return changed(item.path);
  return {};
}

Status BackfillEntry::check_unchanged() const {
  for (const Folder& folder : folders_) {
    STILLAGE_ASSIGN(const auto now, os::stat_at(folder_.get(), folder.path.empty() ? "." : folder.path));
    if (!now || now->inode != folder.stat.inode || now->mtime_ns != folder.stat.mtime_ns)
      return changed(folder.path.empty() ? "its top" : folder.path);
  }
  return {};
}

}  // namespace stillage::cache
