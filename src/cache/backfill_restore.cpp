// SPDX-License-Identifier: MIT
#include "cache/backfill_restore.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <vector>

#include "base/strings.h"
#include "cache/removal.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {
namespace {

using Item = BackfillEntry::Item;

/// Fills the buffer as far as the file reaches; -1 if it can't be read.
ssize_t read_block(int fd, std::string& buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(filled);
}

bool same_bytes(int a, int b) {
  std::string left(128 << 10, '\0');
  std::string right(left.size(), '\0');
  while (true) {
    const ssize_t got = read_block(a, left);
    if (got < 0 || read_block(b, right) != got) return false;
    if (got == 0) return true;
    if (left.compare(0, static_cast<std::size_t>(got), right, 0, static_cast<std::size_t>(got)) != 0)
      return false;
  }
}

class BackfillRestore {
 public:
  BackfillRestore(const BackfillEntry& entry, PackageFolder& folder, const BackfillPaths& paths,
                  InnerLinks links)
      : entry_(entry), folder_(folder), paths_(paths), links_(links) {}
  ~BackfillRestore() {
    for (; next_ < written_.size(); ++next_)
      if (open_parent(os::parent_path(written_[next_].path)))
        (void)os::unlink_at(parent_.get(), written_[next_].temp);
  }
  BackfillRestore(const BackfillRestore&) = delete;
  BackfillRestore& operator=(const BackfillRestore&) = delete;

  Result<RestoreReport> run() {
    std::vector<const Item*> missing;
    for (const Item& item : entry_.items()) {
      if (!paths_.may_hold(item.path)) continue;
      STILLAGE_ASSIGN(const bool in_place, is_in_place(item));
      if (in_place)
        ++report_.unchanged;
      else
        missing.push_back(&item);
    }
    for (const Item* const item : missing) STILLAGE_TRY(write_aside(*item));
    STILLAGE_TRY(entry_.check_unchanged());
    for (; next_ < written_.size(); ++next_) {
      const Written& file = written_[next_];
      STILLAGE_TRY(open_parent(os::parent_path(file.path)));
      const std::string name(os::file_name(file.path));
      STILLAGE_TRY(os::rename_at(parent_.get(), file.temp, parent_.get(), name));
    }
    report_.written = written_.size();
    return report_;
  }

 private:
  /// A link that leads to no file of the entry is what it was in the package: a text.
  bool is_text(const Item& item) const {
    return item.is_link && (!item.content || links_ == InnerLinks::as_links);
  }
  static std::uint32_t mode_of(const Item& item) { return item.content->mode & 0777; }

  struct Written {
    std::string path;
    std::string temp;  ///< the name beside it under which it waits
  };

  /// Whether the folder at `path` is there; if not, it will be made.
  Result<bool> has_folder(std::string_view path) {
    if (path.empty()) return true;
    const auto known = folders_.find(path);
    if (known != folders_.end()) return known->second;
    STILLAGE_ASSIGN(bool is_there, has_folder(os::parent_path(path)));
    if (is_there) {
      STILLAGE_ASSIGN(const auto stat, folder_.stat(path));
      is_there = stat.has_value();
      if (stat && stat->is_symlink())
        STILLAGE_TRY(folder_.follow(std::string(path)));
      else if (stat && !stat->is_directory())
        return in_the_way(path, "is not a folder");
    }
    folders_.emplace(path, is_there);
    return is_there;
  }

  Result<bool> is_in_place(const Item& item) {
    STILLAGE_ASSIGN(const bool has_parent, has_folder(os::parent_path(item.path)));
    if (!has_parent) return false;
    STILLAGE_ASSIGN(const auto stat, folder_.stat(item.path));
    if (!stat) return false;
    if (stat->is_directory()) return in_the_way(item.path, "is a folder");
    if (!stat->is_regular() && !stat->is_symlink())
      return in_the_way(item.path, "is a device, socket or pipe");
    STILLAGE_ASSIGN(const os::Fd dir, folder_.open_folder(os::parent_path(item.path)));
    const std::string name(os::file_name(item.path));
    if (is_text(item)) {
      if (!stat->is_symlink()) return false;
      STILLAGE_ASSIGN(const std::string text, os::read_link_at(dir.get(), name));
      return text == item.link;
    }
    if (!stat->is_regular() || stat->size != item.content->size || (stat->mode & 0777) != mode_of(item))
      return false;
    const auto file = os::open_at(dir.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return false;  // one that can't be read can be replaced all the same
    STILLAGE_ASSIGN(const os::Fd content, entry_.open_content(item));
    const bool is_same = same_bytes(content.get(), file->get());
    STILLAGE_TRY(BackfillEntry::check_content(item, content));
    return is_same;
  }

  Status open_parent(std::string_view path) {
    // Paths come in order: mostly the folder is the one of the file before.
    if (parent_ && path == parent_path_) return {};
    parent_ = {};
    STILLAGE_ASSIGN(parent_, folder_.make_folders(path));
    parent_path_ = path;
    return {};
  }

  /// Takes away what a restore that was killed has left beside our files.
  void sweep(std::string_view path) {
    const auto dir = folder_.open_folder(path);
    const auto names = dir ? os::list_dir(dir->get()) : tl::make_unexpected(dir.error());
    if (!names) return;
    std::vector<std::string> temporary;
    for (const os::DirEntry& name : *names)
      if (os::is_temp_name(name.name)) temporary.push_back(os::join_path(path, name.name));
    if (!temporary.empty()) sweep_temporary(folder_, temporary);
  }

  Status write_aside(const Item& item) {
    const std::string_view parent = os::parent_path(item.path);
    const bool is_first_there = !parent_ || parent != parent_path_;
    STILLAGE_TRY(open_parent(parent));
    if (is_first_there) sweep(parent);
    Written written{.path = item.path, .temp = os::temp_name()};
    if (is_text(item)) {
      STILLAGE_TRY(os::symlink_at(item.link, parent_.get(), written.temp));
      written_.push_back(std::move(written));
      return {};
    }
    STILLAGE_ASSIGN(const os::Fd content, entry_.open_content(item));
    auto file = os::open_at(parent_.get(), written.temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!file) return fail_in("cannot write " + name_of(item.path), file.error());
    written_.push_back(std::move(written));
    STILLAGE_TRY(os::copy_bytes(content.get(), file->get(), name_of(item.path), item.content->size));
    STILLAGE_TRY(BackfillEntry::check_content(item, content));
    return os::set_mode(file->get(), mode_of(item));
  }

  std::string name_of(std::string_view path) const {
    return base::printable(os::join_path(folder_.package_dir(), path));
  }

  tl::unexpected<Error> in_the_way(std::string_view path, std::string_view why) const {
    return fail(ErrorKind::invalid,
                fmt::format("{} is in the way of an output and {}: remove it", name_of(path), why));
  }

  const BackfillEntry& entry_;
  PackageFolder& folder_;
  const BackfillPaths& paths_;
  const InnerLinks links_;
  std::map<std::string, bool, std::less<>> folders_;
  os::Fd parent_;
  std::string parent_path_;
  std::vector<Written> written_;
  std::size_t next_ = 0;  ///< the first that is not in its place yet
  RestoreReport report_;
};

}  // namespace

Result<RestoreReport> restore_backfill_entry(const BackfillEntry& entry, PackageFolder& folder,
                                             const BackfillPaths& paths, InnerLinks links) {
  return BackfillRestore(entry, folder, paths, links).run();
}

}  // namespace stillage::cache
