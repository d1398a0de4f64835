// SPDX-License-Identifier: MIT
#include "git/folder_memory.h"

#include <algorithm>

#include "base/bytes.h"

namespace stillage::git {
namespace {

constexpr os::StateFormat kFormat = {"FOLD", 1};
/// Bytes of a folder with an empty path and without names.
constexpr std::size_t kSmallestFolder = 5 * 8;

}  // namespace

FolderMemory::FolderMemory(std::string path, int root) {
  const auto stat = os::stat_fd(root);
  if (!stat || !os::stamps_folders(root)) return;
  path_ = std::move(path);
  device_ = stat->device;
  file_ = os::StateFile::read(path_, kFormat);
  if (!file_) return;
  base::ByteReader reader(file_->payload());
  const bool is_same_device = reader.u64() == device_;
  const std::uint64_t count = reader.u64();
  if (!is_same_device || !reader.ok() || count > reader.left() / kSmallestFolder) return;
  std::vector<KnownFolder> known(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < known.size(); ++i) {
    KnownFolder& folder = known[i];
    folder.path = reader.text();
    folder.mtime_ns = reader.i64();
    folder.ctime_ns = reader.i64();
    folder.inode = reader.u64();
    folder.names = reader.text();
    const bool is_whole = folder.names.empty() || folder.names.back() == '\0';
    if (!is_whole || (i > 0 && known[i - 1].path >= folder.path)) return;
  }
  if (reader.ok() && reader.at_end()) known_ = std::move(known);
}

const KnownFolder* FolderMemory::find_in(const std::vector<KnownFolder>& folders, std::string_view path,
                                         const os::FileStat& stat) const {
  const auto at = std::ranges::lower_bound(folders, path, {}, &KnownFolder::path);
  const bool is_it = at != folders.end() && at->path == path && at->mtime_ns == stat.mtime_ns &&
                     at->ctime_ns == stat.ctime_ns && at->inode == stat.inode && stat.device == device_;
  return is_it ? &*at : nullptr;
}

std::string FolderMemory::encode(const std::vector<os::DirEntry>& entries) {
  std::string names;
  for (const os::DirEntry& entry : entries) {
    names += static_cast<char>(entry.kind);
    names += entry.name;
    names += '\0';
  }
  return names;
}

bool FolderMemory::may_keep(const os::FileStat& stat, std::int64_t listed_at_ns) const {
  return !path_.empty() && stat.device == device_ && os::is_settled(stat, listed_at_ns);
}

Status FolderMemory::save(std::vector<KnownFolder> folders) const {
  if (path_.empty()) return {};
  std::sort(folders.begin(), folders.end(),
            [](const KnownFolder& a, const KnownFolder& b) { return a.path < b.path; });
  base::ByteWriter writer;
  writer.u64(device_);
  writer.u64(folders.size());
  for (const KnownFolder& folder : folders) {
    writer.text(folder.path);
    writer.i64(folder.mtime_ns);
    writer.i64(folder.ctime_ns);
    writer.u64(folder.inode);
    writer.text(folder.names);
  }
  return os::StateFile::write(path_, kFormat, writer.bytes());
}

}  // namespace stillage::git
