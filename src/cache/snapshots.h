// SPDX-License-Identifier: MIT
#pragma once
// The snapshots of one checkout: a folder with one state file for each target (docs/formats/state.md), or,
// where no state can be kept, the memory of this process. Safe for use from many threads; other processes may
// write at the same time, and what they wrote is seen at the next question. So that a process need not read
// each file, all of them also stand in one pack, as they were when it was written.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cache/snapshot.h"
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
  std::shared_ptr<const Snapshot> load(const std::string& file);

  std::string folder_;
  std::once_flag pack_once_;
  std::shared_ptr<const SnapshotPack> pack_;
  std::mutex mutex_;
  std::size_t read_alone_ = 0;  ///< files that the pack did not have
  base::StringMap<Loaded> loaded_;
  base::StringMap<base::StringMap<std::shared_ptr<const Snapshot>>> in_memory_;
};

}  // namespace stillage::cache
