// SPDX-License-Identifier: MIT
#pragma once
// What one target's outputs looked like in this checkout when we last made or stored them
// (docs/formats/state.md): enough to see, by stat alone, that nothing has changed since, and to know which
// files are ours. Immutable; a damaged one reads as nothing.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/entry.h"
#include "base/digest.h"
#include "os/stat.h"

namespace stillage::cache {

/// By what a file is known again. All zeros: not known (a path that is to be, or was, absent).
struct FileMark {
  std::uint64_t inode = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

FileMark mark_of(const os::FileStat& stat);

/// One output. The texts belong to somebody else: to a Snapshot, or to who makes a draft.
struct OutputRecord {
  std::string_view path;  ///< relative to the package
  archive::OutputKind kind = archive::OutputKind::file;
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
  base::Sha256Digest digest{};
  std::string_view link = {};
  FileMark mark = {};
};

/// A folder in which new files would be stale; without a mark, one that was not there.
struct FolderRecord {
  std::string_view path;
  FileMark mark;
};

/// The entry that was verified, so that it need not be read again.
struct EntryMark {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const EntryMark&, const EntryMark&) = default;
};

struct SnapshotDraft {
  std::string target;
  std::string package_dir;
  /// Empty: these outputs are ours, but they are not (yet, or any more) what an entry says.
  std::string key;
  EntryMark entry;
  /// When the marks began to be taken.
  std::int64_t taken_ns = 0;
  std::int64_t created_ns = 0;
  std::int64_t duration_ns = 0;
  /// The folders' marks do not tell all: look at them again each time.
  bool always_scan = false;
  std::vector<OutputRecord> outputs;  ///< in byte order of their paths
  std::vector<FolderRecord> folders;
};

class Snapshot : private SnapshotDraft {
 public:
  using SnapshotDraft::always_scan;
  using SnapshotDraft::created_ns;
  using SnapshotDraft::duration_ns;
  using SnapshotDraft::entry;
  using SnapshotDraft::folders;
  using SnapshotDraft::key;
  using SnapshotDraft::outputs;
  using SnapshotDraft::package_dir;
  using SnapshotDraft::taken_ns;
  using SnapshotDraft::target;

  /// `payload` must live as long as `owner` does.
  static std::shared_ptr<const Snapshot> parse(std::string_view payload, std::shared_ptr<const void> owner);
  static std::string encode(const SnapshotDraft& draft);

  /// The record of that path, or null.
  const OutputRecord* find(std::string_view path) const;
  /// A change made right after the mark was taken could leave the same times: such a mark proves nothing.
  bool is_racy(const FileMark& mark) const;
  /// Whether the file is, for sure and by its stat alone, the one that was recorded.
  bool is_unchanged(const OutputRecord& record, const os::FileStat& stat) const;

 private:
  std::shared_ptr<const void> owner_;
};

/// Whether times that are this young, seen at `seen_ns`, could also be those of a later change.
bool is_racy(const FileMark& mark, std::int64_t seen_ns);

archive::OutputKind kind_of(const os::FileStat& stat);

}  // namespace stillage::cache
