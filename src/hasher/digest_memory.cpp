// SPDX-License-Identifier: MIT
#include "hasher/digest_memory.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"

namespace stillage::hasher {
namespace {

constexpr os::StateFormat kFormat = {"DGST", 1};
/// Bytes of an entry with an empty path.
constexpr std::size_t kSmallestEntry = 5 * 8 + std::tuple_size_v<base::Sha1Digest>;

}  // namespace

DigestMemory::DigestMemory(std::string path) : path_(std::move(path)) {
  load();
}

void DigestMemory::load() {
  file_ = os::StateFile::read(path_, kFormat);
  if (!file_) return;
  base::ByteReader reader(file_->payload());
  const std::uint64_t count = reader.u64();
  if (!reader.ok() || count > reader.left() / kSmallestEntry) return;
  std::vector<KnownEntry> known(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < known.size(); ++i) {
    KnownEntry& entry = known[i];
    entry.path = reader.text();
    entry.entry.size = reader.u64();
    entry.entry.mtime_ns = reader.i64();
    entry.entry.ctime_ns = reader.i64();
    entry.entry.inode = reader.u64();
    reader.raw(entry.entry.digest);
    if (i > 0 && known[i - 1].path >= entry.path) return;
  }
  if (reader.ok() && reader.at_end()) known_ = std::move(known);
}

std::optional<base::Sha1Digest> DigestMemory::find(std::string_view path, const os::FileStat& stat) const {
  const auto matches = [&stat](const Entry& entry) {
    return entry.size == stat.size && entry.mtime_ns == stat.mtime_ns && entry.ctime_ns == stat.ctime_ns &&
           entry.inode == stat.inode;
  };
  if (const auto it = fresh_.find(path); it != fresh_.end() && matches(it->second)) return it->second.digest;
  const auto it =
      std::lower_bound(known_.begin(), known_.end(), path,
                       [](const KnownEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  if (it == known_.end() || it->path != path || !matches(it->entry)) return std::nullopt;
  return it->entry.digest;
}

void DigestMemory::remember(const std::string& path, const DigestedFile& file) {
  if (path_.empty() || !os::is_settled(file.stat, file.read_at_ns)) return;
  fresh_[path] = {file.stat.size, file.stat.mtime_ns, file.stat.ctime_ns, file.stat.inode, file.digest};
}

Status DigestMemory::save(const std::function<bool(const std::string&)>& still_wanted) {
  if (fresh_.empty()) return {};
  std::map<std::string_view, const Entry*> all;
  for (const KnownEntry& known : known_)
    if (still_wanted(std::string(known.path))) all.emplace(known.path, &known.entry);
  for (const auto& [path, entry] : fresh_) all[path] = &entry;

  base::ByteWriter writer;
  writer.u64(all.size());
  for (const auto& [path, entry] : all) {
    writer.text(path);
    writer.u64(entry->size);
    writer.i64(entry->mtime_ns);
    writer.i64(entry->ctime_ns);
    writer.u64(entry->inode);
    writer.raw(entry->digest);
  }
  STILLAGE_TRY(os::StateFile::write(path_, kFormat, writer.bytes()));
  known_.clear();
  load();
  fresh_.clear();
  return {};
}

}  // namespace stillage::hasher
