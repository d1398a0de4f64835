// SPDX-License-Identifier: MIT
#pragma once
// Which files may be removed: only what we made and still know, or what git ignores inside outputs that the
// user declared (docs/guarantees.md). One object serves one operation on one target, from one thread.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cache/output_scan.h"
#include "cache/owners.h"
#include "cache/package_folder.h"
#include "cache/snapshot.h"
#include "cache/target_outputs.h"
#include "cache/work_tree.h"
#include "cache/writable_folders.h"
#include "stillage/result.h"

namespace stillage::cache {

class Removal {
 public:
  /// `ours` is the target's snapshot, or null.
  Removal(const WorkTree& tree, const TargetOutputs& outputs, PackageFolder& folder, Owners& owners,
          std::shared_ptr<const Snapshot> ours, std::function<UnrecordedRuns()> unrecorded)
      : tree_(tree),
        outputs_(outputs),
        folder_(folder),
        owners_(owners),
        ours_(std::move(ours)),
        find_unrecorded_(std::move(unrecorded)),
        writable_(folder, outputs) {}

  /// Whether the rule lets this file, link or empty folder go.
  bool allows(std::string_view path, const os::FileStat& stat);
  /// Whether a restore may replace what lies there: anything but a file of the user's that nobody declared to
  /// be an output and that no snapshot knows.
  bool allows_overwriting(std::string_view path, const os::FileStat& stat);
  bool is_tracked(std::string_view path) const;
  bool is_ignored(std::string_view path, const os::FileStat& stat) const;

  /// Removes a file or link.
  Status remove(const std::string& path);
  /// Removes an empty folder; one that is not empty stays.
  Status remove_folder(const std::string& path);
  /// Removes the folders that `removed` paths leave empty, and those above, except `wanted` ones; sorted
  /// lists.
  Status remove_emptied_folders(const std::vector<std::string>& removed,
                                const std::vector<std::string>& wanted);
  /// What was opened up for removing, and what a restore has to.
  WritableFolders& writable_folders() { return writable_; }

 private:
  Result<int> open_parent(std::string_view path);
  bool is_ours_still(const OutputRecord& record, const os::FileStat& stat);

  const WorkTree& tree_;
  const TargetOutputs& outputs_;
  PackageFolder& folder_;
  Owners& owners_;
  std::shared_ptr<const Snapshot> ours_;
  std::function<UnrecordedRuns()> find_unrecorded_;
  WritableFolders writable_;
  std::string parent_path_;
  os::Fd parent_;  ///< of the file that was removed last: mostly of the next one, too
  std::optional<UnrecordedRuns> unrecorded_;  ///< found when it first matters: mostly it never does
};

/// Tells, once for a target, that a file in its outputs is none of them and stays.
void tell_of_kept_file(const std::string& target, const TargetOutputs& outputs, std::string_view path,
                       bool is_ignored);

/// SHA-256 of a regular file; a final link is not followed.
Result<base::Sha256Digest> digest_file(const PackageFolder& folder, std::string_view path);

/// Removes temporary files of ours that nobody is writing any more: `found` ones, and those directly in the
/// package.
void sweep_temporary(const PackageFolder& folder, const std::vector<std::string>& found);

/// What remove_stale_build_info() leaves alone.
struct KeptBuildInfo {
  /// If not null, what it matches.
  const TargetOutputs* matching = nullptr;
  /// If not null, what lies in these folders of the package.
  const std::set<std::string, std::less<>>* below = nullptr;
};

/// Removes what tells an incremental compiler that outputs are up to date (git-ignored *.tsbuildinfo files of
/// the package that no declared output covers): once outputs were removed or replaced it would be believed
/// wrongly.
Status remove_stale_build_info(const WorkTree& tree, PackageFolder& folder, const Catalog& catalog,
                               Owners& owners, const KeptBuildInfo& kept);

}  // namespace stillage::cache
