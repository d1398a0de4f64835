// SPDX-License-Identifier: MIT
#pragma once
// What this process did with each target so far: which hit, and what their entries hold; which paths were
// left to a later target; which runs are or were going on, and what was there before them. Thread-safe.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "archive/entry.h"
#include "base/strings.h"
#include "cache/output_scan.h"
#include "cache/snapshot.h"
#include "cache/target_outputs.h"
#include "stillage/target.h"

namespace stillage::cache {

/// What an entry holds, from whichever source it is known.
struct Contents {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const archive::Manifest> manifest;
  bool has(std::string_view path) const;
};

/// A file as it was before a run.
struct SeenFile {
  os::FileStat stat;
  /// Taken of files so young that a change might leave no trace in their stat.
  std::optional<base::Sha256Digest> digest;
};

using SeenFiles = std::map<std::string, SeenFile, std::less<>>;

/// What other targets may have made without leaving a record of it, because they are not cached or because
/// their results could not be trusted. Nobody knows those files, so nobody else may take them for his own.
struct UnrecordedRuns {
  /// Declared outputs of targets that are not cached.
  std::vector<std::shared_ptr<const TargetOutputs>> uncached;
  /// What changed since then may be the work of a target that comes first; the greatest value: nothing is.
  std::int64_t since_ns = INT64_MAX;

  /// `path` is relative to the root.
  bool may_have_made(std::string_view path, const os::FileStat& stat) const;
};

/// What another target had made and was there before a run.
struct OthersOutputs {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<const OutputRecord*> present;
  /// The folders of the snapshot, in its order, as they were then; empty if they don't hold all that is
  /// present. No file goes without its folder changing.
  std::vector<FileMark> folders = {};
  std::int64_t seen_ns = 0;
};

/// What the outputs of a dependency were when a run began.
struct DependencyKey {
  std::size_t index = 0;  ///< in the catalog
  std::string key;
};

/// The keys that the outputs of all dependencies had, as far as they equalled an entry.
struct SeenDependencies {
  std::vector<DependencyKey> keys;
  std::uint64_t changes = 0;  ///< Snapshots::changes_by_others() before they were looked at
};

/// A run that was announced by prepare().
struct PreparedRun {
  Target target;
  std::shared_ptr<const TargetOutputs> outputs;
  std::int64_t start_ns = 0;
  /// Outputs that were there before, by path relative to the package.
  SeenFiles before;
  /// Of a target without declared outputs: files that git would list and does not track.
  SeenFiles untracked_before;
  /// Outputs of the last run were left in place, and this is what they were.
  std::shared_ptr<const Snapshot> kept;
  UnrecordedRuns unrecorded;
  std::vector<OthersOutputs> others;
  SeenDependencies dependencies;
  /// The result can't be stored.
  std::string not_stored_because;
};

/// When a run went on that may have written these outputs.
struct RunWindow {
  std::string target;
  std::shared_ptr<const TargetOutputs> outputs;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = INT64_MAX;  ///< the greatest value: goes on, or failed
};

enum class LookedUp { not_yet, hit, miss };

class RunMemory {
 public:
  /// `origin` is that of the entry (see Origins).
  void set_hit(std::shared_ptr<const Target> target, const std::string& key, Contents contents,
               std::string origin);
  void set_miss(const std::string& target);
  /// The target ran and left a snapshot; `key` is that of the entry that its outputs equal, "" if none.
  void set_recorded(const std::string& target, std::string key);
  /// The origin of the entry that hit; "" if none did.
  std::string origin_of_hit(std::string_view target) const;
  /// The key of the target's hit, or of what its run stored; "" if there is neither.
  std::string key_of(std::string_view target) const;

  LookedUp looked_up(std::string_view target) const;
  /// Whether the process knows what the target's outputs are: it hit, or ran and was recorded.
  bool knows_outputs_of(std::string_view target) const;
  std::optional<Contents> contents_of_hit(std::string_view target) const;

  /// Paths of a hit that were not restored, because a later target has them too.
  void leave(const std::string& target, std::set<std::string> paths);
  /// Gives and forgets them, with the hit's target, key and origin.
  struct Left {
    std::shared_ptr<const Target> target;
    std::string key;
    std::string origin;
    std::set<std::string> paths;
  };
  std::optional<Left> take_left(const std::string& target);

  void begin(std::shared_ptr<PreparedRun> run);
  /// The run of that target, if prepare() announced one; ended now.
  std::shared_ptr<PreparedRun> end(const std::string& target, std::int64_t end_ns);
  /// Runs of other targets that went on after `since_ns`, and might have written the same files.
  std::vector<RunWindow> concurrent(const std::string& target, const TargetOutputs& outputs,
                                    std::int64_t since_ns) const;
  /// Those that were announced and never ended.
  std::vector<std::shared_ptr<PreparedRun>> unfinished() const;

 private:
  struct State {
    LookedUp looked_up = LookedUp::not_yet;
    bool recorded = false;
    std::shared_ptr<const Target> target;
    std::string key;     ///< of the hit
    std::string origin;  ///< of the hit
    std::string outputs_key;
    Contents contents;
    std::set<std::string> left;
    std::shared_ptr<PreparedRun> run;
    std::optional<RunWindow> window;
  };
  mutable std::mutex mutex_;
  base::StringMap<State> states_;
};

}  // namespace stillage::cache
