// SPDX-License-Identifier: MIT
#include "git/folder_reader.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/log.h"
#include "base/strings.h"
#include "os/file.h"
#include "os/witness.h"

namespace stillage::git {

bool LookedInto::has(std::string_view name) const {
  return std::any_of(names_.begin(), names_.end(), [&](const Name& found) { return found.text == name; });
}

Result<std::optional<os::FileStat>> LookedInto::stat(std::string_view name, const std::string& path) const {
  const os::WitnessPause listed_folders_are_told;
  if (const auto known = known_->find(path)) return known;
  return opened_ ? os::stat_at(opened_.get(), std::string(name)) : os::stat_at(root_, path);
}

FolderReader::FolderReader(int root, const std::string& root_path, const std::string& memory_file)
    : root_(root), known_(root_path) {
  if (!memory_file.empty()) memory_ = FolderMemory(memory_file, root);
}

Result<std::optional<LookedInto>> FolderReader::look_into(const std::string& from_root, Seen& seen) const {
  const os::WitnessPause listed_folders_are_told;
  const std::string path = from_root.empty() ? "." : from_root;
  const std::int64_t listed_at_ns = base::now_ns();
  const auto known_look = known_.find(from_root);
  const auto stat = known_look ? Result<std::optional<os::FileStat>>(known_look) : os::stat_at(root_, path);
  const bool is_folder = stat && *stat && (*stat)->is_directory();
  LookedInto folder;
  folder.root_ = root_;
  folder.known_ = &known_;
  folder.prefix_ = from_root.empty() ? "" : from_root + '/';
  if (const KnownFolder* const known = is_folder ? memory_.find(from_root, **stat) : nullptr) {
    FolderMemory::for_each_name(*known, [&](std::string_view name, os::FileKind kind) {
      folder.names_.push_back({name, kind});
    });
    seen.known.push_back(*known);
    return folder;
  }
  folder.opened_ = os::Fd(::openat(root_, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.opened_) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::optional<LookedInto>();
    if (errno != EACCES && errno != ENAMETOOLONG) return os::io_error("open", from_root);
    base::warn_once(
        "git-unreadable " + from_root,
        fmt::format("cannot look into {}: {}", base::printable(from_root), os::errno_text(errno)));
    return std::optional<LookedInto>();
  }
  auto listed = os::list_dir(folder.opened_.get());
  if (!listed) return fail_in(from_root, listed.error());
  folder.listed_ = std::move(*listed);
  for (const os::DirEntry& entry : folder.listed_) folder.names_.push_back({entry.name, entry.kind});
  if (!is_folder || !memory_.may_keep(**stat, listed_at_ns)) return folder;
  const std::string& kept_path = seen.texts.emplace_back(from_root);
  const std::string& names = seen.texts.emplace_back(FolderMemory::encode(folder.listed_));
  seen.known.push_back({kept_path, (*stat)->mtime_ns, (*stat)->ctime_ns, (*stat)->inode, names});
  return folder;
}

void FolderReader::remember(const std::vector<Seen>& all) const {
  std::vector<KnownFolder> folders;
  bool is_any_new = false;
  for (const Seen& seen : all) {
    folders.insert(folders.end(), seen.known.begin(), seen.known.end());
    is_any_new = is_any_new || !seen.texts.empty();
  }
  if (!is_any_new && folders.size() == memory_.size()) return;
  if (const Status saved = memory_.save(std::move(folders)); !saved)
    base::warn_once("git-folder-memory", "cannot remember what lies in folders: " + saved.error().message);
}

}  // namespace stillage::git
