// SPDX-License-Identifier: MIT
#include "cache/snapshot_pack.h"

#include <algorithm>

#include "base/bytes.h"

namespace stillage::cache {
namespace {

constexpr os::StateFormat kFormat = {"SNPK", 1};
/// Bytes of a snapshot with an empty name and an empty payload.
constexpr std::size_t kSmallestSnapshot = 6 * 8;

bool by_name(const PackedSnapshot& a, const PackedSnapshot& b) {
  return a.name < b.name;
}

}  // namespace

std::shared_ptr<const SnapshotPack> SnapshotPack::read(const std::string& path) {
  auto file = os::StateFile::read(path, kFormat);
  if (!file) return nullptr;
  const std::shared_ptr<SnapshotPack> pack(new SnapshotPack(std::move(*file)));
  return pack->parse() ? pack : nullptr;
}

bool SnapshotPack::parse() {
  base::ByteReader reader(file_.payload());
  const std::uint64_t count = reader.u64();
  if (!reader.ok() || count > reader.left() / kSmallestSnapshot) return false;
  all_.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all_.size(); ++i) {
    PackedSnapshot& snapshot = all_[i];
    snapshot.name = reader.text();
    snapshot.stat.inode = reader.u64();
    snapshot.stat.size = reader.u64();
    snapshot.stat.mtime_ns = reader.i64();
    snapshot.stat.ctime_ns = reader.i64();
    snapshot.payload = reader.text();
    if (i > 0 && !by_name(all_[i - 1], snapshot)) return false;
  }
  return reader.ok() && reader.at_end();
}

Status SnapshotPack::write(const std::string& path, std::vector<PackedSnapshot> snapshots) {
  std::sort(snapshots.begin(), snapshots.end(), by_name);
  base::ByteWriter writer;
  writer.u64(snapshots.size());
  for (const PackedSnapshot& snapshot : snapshots) {
    writer.text(snapshot.name);
    writer.u64(snapshot.stat.inode);
    writer.u64(snapshot.stat.size);
    writer.i64(snapshot.stat.mtime_ns);
    writer.i64(snapshot.stat.ctime_ns);
    writer.text(snapshot.payload);
  }
  return os::StateFile::write(path, kFormat, writer.bytes());
}

std::optional<std::string_view> SnapshotPack::find(std::string_view name, const os::FileStat& stat) const {
  PackedSnapshot wanted;
  wanted.name = name;
  const auto at = std::lower_bound(all_.begin(), all_.end(), wanted, by_name);
  if (at == all_.end() || at->name != name || at->stat.inode != stat.inode || at->stat.size != stat.size ||
      at->stat.mtime_ns != stat.mtime_ns || at->stat.ctime_ns != stat.ctime_ns)
    return std::nullopt;
  return at->payload;
}

}  // namespace stillage::cache
