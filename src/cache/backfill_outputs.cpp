// SPDX-License-Identifier: MIT
#include "cache/backfill_outputs.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "glob/find_files.h"
#include "os/at.h"
#include "os/beneath.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

/// Puts files into a folder that nobody else sees yet. They keep their times and, where they may, their
/// owners: lage asks for neither, but a tar that is made of them tells the same as one that is made of the
/// tree.
class StageWriter {
 public:
  explicit StageWriter(int stage) : stage_(stage) {}

  /// Of what has grown since its stat no more is copied than there was.
  Status add_file(const std::string& path, const os::Fd& content, const os::FileStat& stat) {
    STILLAGE_TRY(open_parent(path));
    const std::string name(os::file_name(path));
    STILLAGE_ASSIGN(const os::Fd file,
                    os::open_at(parent_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    STILLAGE_TRY(os::copy_bytes(content.get(), file.get(), path, stat.size));
    STILLAGE_TRY(os::set_origin_at(parent_.get(), name, stat));
    return os::set_mode(file.get(), stat.mode & 07777);
  }

  Status add_link(const std::string& path, const std::string& text, const os::FileStat& stat) {
    STILLAGE_TRY(open_parent(path));
    const std::string name(os::file_name(path));
    STILLAGE_TRY(os::symlink_at(text, parent_.get(), name));
    return os::set_origin_at(parent_.get(), name, stat);
  }

 private:
  Status open_parent(const std::string& path) {
    const std::string_view parent = os::parent_path(path);
    // Paths come in order: mostly the folder is the one of the file before.
    if (parent_ && parent == parent_path_) return {};
    parent_ = {};
    STILLAGE_ASSIGN(parent_, os::make_dirs_beneath(stage_, std::string(parent), os::LinkPolicy::refuse));
    parent_path_ = parent;
    return {};
  }

  int stage_;
  os::Fd parent_;
  std::string parent_path_;
};

class OutputCopy {
 public:
  OutputCopy(PackageFolder& folder, int stage) : folder_(folder), writer_(stage) {}

  Status add(const std::string& path) {
    STILLAGE_TRY(follow_links_to(os::parent_path(path)));
    STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
    if (!stat) return changed(path);
    STILLAGE_ASSIGN(const os::Fd dir, folder_.open_folder(os::parent_path(path)));
    const std::string name(os::file_name(path));
    if (stat->is_symlink()) {
      STILLAGE_ASSIGN(const std::string text, os::read_link_at(dir.get(), name));
      return writer_.add_link(path, text, *stat);
    }
    if (!stat->is_regular()) return changed(path);
    STILLAGE_ASSIGN(const os::Fd file, os::open_at(dir.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    STILLAGE_TRY(writer_.add_file(path, file, *stat));
    STILLAGE_ASSIGN(const os::FileStat after, os::stat_fd(file.get()));
    const bool is_same = after.inode == stat->inode && after.size == stat->size &&
                         after.mtime_ns == stat->mtime_ns && after.ctime_ns == stat->ctime_ns;
    return is_same ? Status() : changed(path);
  }

 private:
  /// Links to folders are passed through, as lage does, if they stay in the checkout.
  Status follow_links_to(std::string_view parent) {
    if (parent.empty() || known_.contains(parent)) return {};
    STILLAGE_TRY(follow_links_to(os::parent_path(parent)));
    STILLAGE_ASSIGN(const auto stat, folder_.stat(parent));
    if (stat && stat->is_symlink()) STILLAGE_TRY(folder_.follow(std::string(parent)));
    known_.emplace(parent);
    return {};
  }

  Status changed(std::string_view path) const {
    return fail(ErrorKind::invalid, fmt::format("{} changed while it was being stored",
                                                base::printable(os::join_path(folder_.package_dir(), path))));
  }

  PackageFolder& folder_;
  StageWriter writer_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace

bool BackfillPaths::may_hold(std::string_view path) const {
  for (const std::string_view segment : base::split(path, '/'))
    if (segment == ".git" || os::is_temp_name(segment)) return false;
  return !os::path_below(os::join_path(package_, path), cache_base_);
}

Result<std::vector<std::string>> find_backfill_outputs(const std::string& package,
                                                       const std::string& working_dir,
                                                       const std::vector<std::string>& globs,
                                                       const BackfillPaths& paths) {
  STILLAGE_ASSIGN(const std::vector<std::string> found,
                  glob::find_files(package, globs, {.dot = true, .working_dir = working_dir}));
  std::vector<std::string> outputs;
  for (const std::string& spelled : found) {
    std::string path = os::normalise_path(spelled);
    if (path.starts_with('/') || path.starts_with("../"))
      return fail(
          ErrorKind::invalid,
          fmt::format("the output {} lies outside of the package: take it out of \"outputs\", or make "
                      "it an output of a root target",
                      base::printable(path)));
    if (paths.may_hold(path)) outputs.push_back(std::move(path));
  }
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  return outputs;
}

Status copy_outputs(PackageFolder& folder, const std::vector<std::string>& outputs, int stage) {
  OutputCopy copy(folder, stage);
  for (const std::string& path : outputs) STILLAGE_TRY(copy.add(path));
  return {};
}

Status copy_entry(const BackfillEntry& entry, int stage) {
  StageWriter writer(stage);
  for (const BackfillEntry::Item& item : entry.items()) {
    if (item.is_link) {
      STILLAGE_TRY(writer.add_link(item.path, item.link, item.stat));
      continue;
    }
    STILLAGE_ASSIGN(const os::Fd content, entry.open_content(item));
    STILLAGE_TRY(writer.add_file(item.path, content, *item.content));
    STILLAGE_TRY(BackfillEntry::check_content(item, content));
  }
  return entry.check_unchanged();
}

}  // namespace stillage::cache
