// SPDX-License-Identifier: MIT
#pragma once
// What the last runs of a checkout did, on disk (docs/formats/runs.md): of each run its targets with key,
// status and times; of each key, once, the record of its ingredients, as bytes that only the hasher
// understands. Files that are damaged or of another version count as absent. Losing all of it changes no
// build.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/target_graph.h"
#include "run/result.h"
#include "stillage/result.h"

namespace stillage::run {

/// How many runs are remembered.
inline constexpr std::uint64_t kRunsKept = 50;
/// How often it is looked for records of keys that none of them had: that takes reading all of them.
inline constexpr std::uint64_t kRunsBetweenCleanUps = 8;

struct RecordedTarget {
  std::string id;
  std::string key;  ///< "" if it had none
  TargetStatus status = TargetStatus::pending;
  std::optional<HitSource> hit;
  std::string reason;
  std::string not_stored_because;
  bool stored = false;
  int exit_code = 0;
  double start_seconds = 0, seconds = 0, look_up_seconds = 0, restore_seconds = 0, run_seconds = 0,
         store_seconds = 0, saved_seconds = 0;
  /// The run with whose file the record of this key is kept; 0 if there is none.
  std::uint64_t key_record_run = 0;
};

struct RecordedRun {
  std::uint64_t number = 0;  ///< counts up from 1
  std::int64_t start_ns = 0;
  double seconds = 0;
  bool interrupted = false;
  std::string command;  ///< as given: "run build --scope app"
  std::vector<RecordedTarget> targets;
  std::vector<base::StageTime> stages;  ///< what took the time of the process, as far as it was over

  const RecordedTarget* find(std::string_view id) const;
};

/// Gives the record of a target's key; "" for none. Called for keys only that were not recorded lately.
using KeyRecordSource = std::function<std::string(const Target&)>;

class RunRecords {
 public:
  /// Uses the folder `runs` of the checkout's state folder.
  explicit RunRecords(const std::string& checkout_dir);

  /// Writes down a run, and forgets those before the last kRunsKept. Returns its number.
  Result<std::uint64_t> add(const graph::TargetGraph& graph, const RunSummary& summary,
                            const std::string& command, const KeyRecordSource& key_record);

  /// The latest run; nothing if there is none.
  Result<std::optional<RecordedRun>> load_last_run() const;
  /// The run with this number, if it is still there.
  std::optional<RecordedRun> load(std::uint64_t number) const;
  /// What the last runs that had the target did with it, newest first, together with their numbers.
  struct Appearance {
    std::uint64_t run = 0;
    std::int64_t start_ns = 0;
    RecordedTarget target;
  };
  Result<std::vector<Appearance>> history(std::string_view target_id) const;

  /// The records of these keys, as far as the latest runs had them, by key.
  Result<base::StringMap<std::string>> find_key_records(const base::StringSet& keys) const;

  /// The record of a key that one of the remembered runs had.
  Result<std::optional<std::string>> find_key_record(std::string_view key) const;

 private:
  Result<std::vector<std::uint64_t>> numbers(std::string_view suffix) const;
  std::string path_of(std::uint64_t number, std::string_view suffix) const;
  /// Calls `take` with each key and its record.
  template <class Take>
  void read_key_records(std::uint64_t number, const Take& take) const;
  std::optional<std::string> key_record_in(std::uint64_t number, std::string_view key) const;
  void forget_old(const RecordedRun& newest) const;

  std::string folder_;
};

/// The payload of a run's file, and back; nothing if it isn't one.
std::string serialise(const RecordedRun& run);
std::optional<RecordedRun> parse_run(std::string_view payload);

}  // namespace stillage::run
