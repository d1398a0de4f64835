// SPDX-License-Identifier: MIT
#pragma once
// What became of a run: of each target, and of all together. Plain values, made by the scheduler and read by
// reporters and records.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/stages.h"
#include "stillage/cache_provider.h"

namespace stillage::run {

enum class TargetStatus : std::uint8_t {
  success,  ///< its command ran and succeeded
  failed,   ///< its command failed, or could not be started
  skipped,  ///< not run: restored from a cache, or there is nothing to run
  aborted,  ///< its command was stopped: a failure elsewhere, or an interrupt
  pending,  ///< never reached
};

const char* to_string(TargetStatus status);

struct TargetResult {
  TargetStatus status = TargetStatus::pending;
  /// Where its outputs came from, if they were restored.
  std::optional<HitSource> hit;
  /// Empty if it has none: an input could not be read, or keys were not asked for.
  std::string key;
  /// Why it ran ("no entry", "--reset-cache", "not cached", …), or why not ("b#build failed"); empty for a
  /// hit.
  std::string reason;
  /// Why a successful run was not stored; empty if it was, or if there was nothing to store.
  std::string not_stored_because;
  bool stored = false;
  int exit_code = 0;

  double seconds = 0;          ///< from its start to its end, waiting for other runs included
  double look_up_seconds = 0;  ///< asking the cache, which happens earlier
  double restore_seconds = 0;
  double run_seconds = 0;  ///< the command itself
  double store_seconds = 0;
  double start_seconds = 0;  ///< its start, counted from the run's
  double saved_seconds = 0;  ///< of a hit: how long the run took that made the entry

  RestoreReport restored;
  /// What the command printed; of a hit only if RunOptions::replay_logs asks for it.
  std::vector<LogChunk> log;
};

/// What is still to be uploaded to a remote cache.
struct UploadsLeft {
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

/// What went to and from a remote cache.
struct RemoteFigures {
  std::string name;            ///< what and where it is
  std::uint64_t hits = 0;      ///< entries that it had
  std::uint64_t misses = 0;    ///< and had not
  std::uint64_t stored = 0;    ///< entries that were uploaded
  std::uint64_t failures = 0;  ///< requests that failed for good
  std::uint64_t damaged = 0;   ///< entries that could not be used
  std::uint64_t dropped = 0;   ///< uploads that did not come to their end
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  double seconds = 0;  ///< of all requests, which may overlap
};

struct RunSummary {
  /// By index of TargetGraph::nodes.
  std::vector<TargetResult> targets;
  std::int64_t start_ns = 0;
  double seconds = 0;
  double hash_seconds = 0;
  bool interrupted = false;
  std::vector<base::StageTime> stages;  ///< of the whole process; whoever writes the summary down fills it in
  std::optional<RemoteFigures> remote;  ///< whoever waits for the uploads fills it in; nothing: no remote

  /// How many have this status.
  std::size_t count(TargetStatus status) const;
  /// Nothing failed, was stopped or never reached.
  bool is_success() const;
};

}  // namespace stillage::run
