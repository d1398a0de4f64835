// SPDX-License-Identifier: MIT
#include "cache/snapshot.h"

#include <algorithm>

#include "base/bytes.h"

namespace stillage::cache {
namespace {

void write_mark(base::ByteWriter& out, const FileMark& mark) {
  out.u64(mark.inode);
  out.i64(mark.mtime_ns);
  out.i64(mark.ctime_ns);
}

FileMark read_mark(base::ByteReader& in) {
  FileMark mark;
  mark.inode = in.u64();
  mark.mtime_ns = in.i64();
  mark.ctime_ns = in.i64();
  return mark;
}

/// A count of records of at least `least` bytes each; nothing if so many cannot follow.
std::optional<std::size_t> read_count(base::ByteReader& in, std::size_t least) {
  const std::uint64_t count = in.u64();
  if (!in.ok() || count > in.left() / least) return std::nullopt;
  return static_cast<std::size_t>(count);
}

}  // namespace

FileMark mark_of(const os::FileStat& stat) {
  return {.inode = stat.inode, .mtime_ns = stat.mtime_ns, .ctime_ns = stat.ctime_ns};
}

bool is_racy(const FileMark& mark, std::int64_t seen_ns) {
  return !os::is_settled(mark.mtime_ns, mark.ctime_ns, seen_ns);
}

archive::OutputKind kind_of(const os::FileStat& stat) {
  return stat.is_directory() ? archive::OutputKind::directory
         : stat.is_symlink() ? archive::OutputKind::symlink
                             : archive::OutputKind::file;
}

std::string Snapshot::encode(const SnapshotDraft& draft) {
  base::ByteWriter out;
  out.text(draft.target);
  out.text(draft.package_dir);
  out.text(draft.key);
  out.u64(draft.entry.inode);
  out.u64(draft.entry.size);
  out.i64(draft.entry.mtime_ns);
  out.i64(draft.taken_ns);
  out.i64(draft.created_ns);
  out.i64(draft.duration_ns);
  out.u8(draft.always_scan ? 1 : 0);
  out.u64(draft.outputs.size());
  for (const OutputRecord& record : draft.outputs) {
    out.text(record.path);
    out.u8(static_cast<std::uint8_t>(record.kind));
    out.u32(record.mode);
    out.u64(record.size);
    out.raw(record.digest);
    out.text(record.link);
    write_mark(out, record.mark);
  }
  out.u64(draft.folders.size());
  for (const FolderRecord& folder : draft.folders) {
    out.text(folder.path);
    write_mark(out, folder.mark);
  }
  return out.take();
}

std::shared_ptr<const Snapshot> Snapshot::parse(std::string_view payload, std::shared_ptr<const void> owner) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->owner_ = std::move(owner);
  base::ByteReader in(payload);
  snapshot->target = in.text();
  snapshot->package_dir = in.text();
  snapshot->key = in.text();
  snapshot->entry.inode = in.u64();
  snapshot->entry.size = in.u64();
  snapshot->entry.mtime_ns = in.i64();
  snapshot->taken_ns = in.i64();
  snapshot->created_ns = in.i64();
  snapshot->duration_ns = in.i64();
  snapshot->always_scan = in.u8() != 0;
  const auto outputs = read_count(in, 8 + 1 + 4 + 8 + 32 + 8 + 24);
  if (!outputs) return nullptr;
  snapshot->outputs.resize(*outputs);
  for (OutputRecord& record : snapshot->outputs) {
    record.path = in.text();
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(archive::OutputKind::directory)) return nullptr;
    record.kind = static_cast<archive::OutputKind>(kind);
    record.mode = in.u32();
    record.size = in.u64();
    in.raw(record.digest);
    record.link = in.text();
    record.mark = read_mark(in);
    // They become paths again: what an entry may not hold, a state file may not either.
    if (!archive::is_safe_path(record.path)) return nullptr;
  }
  const auto by_path = [](const OutputRecord& a, const OutputRecord& b) { return a.path < b.path; };
  if (!std::is_sorted(snapshot->outputs.begin(), snapshot->outputs.end(), by_path)) return nullptr;
  const auto folders = read_count(in, 8 + 24);
  if (!folders) return nullptr;
  snapshot->folders.resize(*folders);
  for (FolderRecord& folder : snapshot->folders) {
    folder.path = in.text();
    folder.mark = read_mark(in);
  }
  if (!in.ok() || !in.at_end()) return nullptr;
  return snapshot;
}

const OutputRecord* Snapshot::find(std::string_view path) const {
  const auto at =
      std::lower_bound(outputs.begin(), outputs.end(), path,
                       [](const OutputRecord& a, std::string_view wanted) { return a.path < wanted; });
  return at != outputs.end() && at->path == path ? &*at : nullptr;
}

bool Snapshot::is_racy(const FileMark& mark) const {
  return cache::is_racy(mark, taken_ns);
}

bool Snapshot::is_unchanged(const OutputRecord& record, const os::FileStat& stat) const {
  if (record.kind == archive::OutputKind::directory)
    return stat.is_directory() && (stat.mode & 0777) == record.mode && record.mark.inode == stat.inode;
  return record.mark == mark_of(stat) && record.mark.inode != 0 && record.kind == kind_of(stat) &&
         record.size == (record.kind == archive::OutputKind::file ? stat.size : 0) && !is_racy(record.mark);
}

}  // namespace stillage::cache
