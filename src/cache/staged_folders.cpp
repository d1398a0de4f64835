// SPDX-License-Identifier: MIT
#include "cache/staged_folders.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/strings.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

/// So many folders are kept open; what lies deeper is opened anew each time.
constexpr std::size_t kMostLevels = 64;

std::string_view top_of(std::string_view path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

StagedFolders::StagedFolders(const PackageFolder& folder, const std::set<std::string, std::less<>>& tops)
    : folder_(folder) {
  for (const std::string& top : tops) aside_.emplace(top, os::temp_name());
}

bool StagedFolders::holds(std::string_view path) const {
  const std::string_view top = top_of(path);
  return aside_.contains(top) && !appeared_.contains(top);
}

std::string StagedFolders::place_of(std::string_view path) const {
  if (!holds(path)) return std::string(path);
  const std::string_view top = top_of(path);
  return aside_.find(top)->second + std::string(path.substr(top.size()));
}

Result<std::shared_ptr<const os::Fd>> StagedFolders::make_in(int parent, const std::string& name,
                                                             std::string_view path) {
  STILLAGE_ASSIGN(const bool is_new, os::make_dir_at(parent, name));
  if (is_new) made_.emplace_back(path);
  STILLAGE_ASSIGN(os::Fd fd, os::open_at(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return std::make_shared<const os::Fd>(std::move(fd));
}

Result<std::shared_ptr<const os::Fd>> StagedFolders::enter(std::string_view path) {
  while (!levels_.empty() && !os::path_below(path, levels_.back().path)) levels_.pop_back();
  if (levels_.empty()) {
    const std::string_view top = top_of(path);
    STILLAGE_ASSIGN(auto fd, make_in(folder_.fd(), aside_.find(top)->second, top));
    levels_.push_back({std::string(top), std::move(fd)});
  }
  std::shared_ptr<const os::Fd> fd = levels_.back().fd;
  for (std::size_t at = levels_.back().path.size(); at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view below = path.substr(0, end);
    STILLAGE_ASSIGN(fd, make_in(fd->get(), std::string(path.substr(at + 1, end - at - 1)), below));
    if (levels_.size() < kMostLevels) levels_.push_back({std::string(below), fd});
    at = end;
  }
  return fd;
}

/// The folders, each relative to where it lies now.
std::optional<std::vector<FoundPath>> StagedFolders::look() const {
  std::vector<FoundPath> found;
  found.reserve(made_.size());
  for (const std::string& path : made_) {
    const auto stat = os::stat_at(folder_.fd(), place_of(path)).value_or(std::nullopt);
    if (!stat || !stat->is_directory()) return std::nullopt;
    found.push_back({path, *stat});
  }
  std::sort(found.begin(), found.end(),
            [](const FoundPath& a, const FoundPath& b) { return a.path < b.path; });
  return found;
}

Status StagedFolders::appear() {
  levels_.clear();
  found_ = look();
  appeared_ns_ = base::now_ns();
  for (const auto& [top, aside] : aside_) {
    STILLAGE_ASSIGN(const bool appeared, os::rename_new_at(folder_.fd(), aside, folder_.fd(), top));
    if (!appeared)
      return fail(ErrorKind::io, fmt::format("{} was made by somebody else while it was being restored",
                                             base::printable(os::join_path(folder_.package_dir(), top))));
    appeared_.insert(top);
  }
  if (!found_) return {};
  // Its new name has changed the times of a top's inode, and whoever saw it may have put something into it.
  for (FoundPath& folder : *found_) {
    if (!aside_.contains(folder.path)) continue;
    const auto now = os::stat_at(folder_.fd(), folder.path).value_or(std::nullopt);
    if (!now || now->inode != folder.stat.inode || now->mtime_ns != folder.stat.mtime_ns) {
      found_.reset();
      break;
    }
    folder.stat = *now;
  }
  return {};
}

void StagedFolders::abandon() {
  levels_.clear();
  for (const auto& [top, aside] : aside_)
    if (!appeared_.contains(top)) (void)os::remove_tree_at(folder_.fd(), aside);
}

}  // namespace stillage::cache
