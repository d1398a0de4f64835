// SPDX-License-Identifier: MIT
#pragma once
// The snapshots of one checkout: a folder with one state file for each target (docs/formats/state.md), or,
// where no state can be kept, the memory of this process. Safe for use from many threads; other processes may
// write at the same time, and what they wrote is seen at the next question. So that a process need not read
// each file, all of them also stand in one pack, as they were when it was written.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cache/snapshot.h"
#include "cache/snapshot_changes.h"
#include "cache/snapshot_pack.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::cache {

class Snapshots {
 public:
  /// Below `state_folder` (see os::open_checkout_dir); empty: in memory only.
  explicit Snapshots(std::string state_folder);

  /// The snapshot of a target, or null.
  std::shared_ptr<const Snapshot> find(const std::string& package_dir, const std::string& target);
  /// Those of all targets whose package is `package_dir`.
  std::vector<std::shared_ptr<const Snapshot>> of_package(const std::string& package_dir);
  /// A number that stays the same for as long as no other process has changed a snapshot;
  /// SnapshotChanges::kNone at first. One look at the disk, where each find() takes one.
  std::uint64_t changes_by_others() { return changes_.by_others(); }
  /// The key of a target's snapshot; nothing without one. Looks at the disk only if others have changed
  /// snapshots since it last did, `changes` being their number now; it asks for the target's package then,
  /// which may be unknown.
  std::optional<std::string> key_of(const std::string& target, std::uint64_t changes,
                                    const std::function<std::optional<std::string>()>& package_dir);
  /// Replaces the snapshot of draft.target, atomically.
  Status save(const SnapshotDraft& draft);
  /// The same; where it can't be written, no snapshot is better than the old one: that is told, and fails
  /// only if the old one can't be removed either.
  Status save_or_forget(const SnapshotDraft& draft);
  void remove(const std::string& package_dir, const std::string& target);

  /// Packs the snapshots that this process knows, if it had to read many of them one by one. Losing the pack
  /// costs time only.
  Status pack();

 private:
  struct Loaded {
    os::FileStat stat;
    std::shared_ptr<const Snapshot> snapshot;
    std::string_view payload;  ///< lives as long as the snapshot
    bool is_settled = false;   ///< as long as its stat stays, so does the file
  };
  struct KnownKey {
    std::uint64_t changes = 0;
    std::optional<std::string> key;
  };
  std::shared_ptr<const Snapshot> load(const std::string& file);
  void forget_key(const std::string& target);

  std::string folder_;
  SnapshotChanges changes_;
  std::once_flag pack_once_;
  std::shared_ptr<const SnapshotPack> pack_;
  std::mutex mutex_;
  std::size_t read_alone_ = 0;  ///< files that the pack did not have
  base::StringMap<Loaded> loaded_;
  std::mutex keys_mutex_;
  std::uint64_t own_changes_ = 0;
  base::StringMap<KnownKey> keys_;  ///< by target
  base::StringMap<base::StringMap<std::shared_ptr<const Snapshot>>> in_memory_;
};

}  // namespace stillage::cache
