// SPDX-License-Identifier: MIT
#pragma once
// A CacheProvider keeps the outputs of targets under their hashes. One run of a target goes
//
//   look_up -> hit: restore             (the command is not run)
//           -> miss: prepare, run, put (or abandon, where the run failed)
//
// fetch() is look_up and restore in one, as the README of @lage-run/cache shows it. Lookups answer hit, miss
// or failure; a provider that turns failures into misses says so. Unless a class says otherwise, providers
// may be used from many threads at once, for different targets.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage {

enum class LogStream : std::uint8_t { out, err };

/// A piece of what a command printed, in the order in which it was printed.
struct LogChunk {
  LogStream stream = LogStream::out;
  std::string text;
  friend bool operator==(const LogChunk&, const LogChunk&) = default;
};

/// What the caller knows of the run whose outputs are stored.
struct RunResult {
  std::vector<LogChunk> log;
  std::chrono::nanoseconds duration{0};
};

enum class HitSource { local, remote };

/// What is known of a stored entry without restoring it.
struct EntryInfo {
  std::string hash;
  std::string target_id;
  HitSource source = HitSource::local;
  std::uint64_t stored_bytes = 0;        ///< size of the entry where it lies
  std::uint64_t output_bytes = 0;        ///< sum of the sizes of its files
  std::size_t outputs = 0;               ///< files, links and empty folders
  std::int64_t created_ns = 0;           ///< when it was stored, nanoseconds since the epoch
  std::chrono::nanoseconds duration{0};  ///< how long the run took that made it
};

/// What a restore did. All zeros but `unchanged`: everything was in place already and nothing was touched.
struct RestoreReport {
  std::size_t written = 0;
  std::size_t removed = 0;
  std::size_t unchanged = 0;
};

/// What becomes of files inside the output globs that the entry does not have.
enum class StaleOutputs {
  remove,  ///< those that were made by earlier runs, or that git ignores (docs/guarantees.md has the rule)
  keep,
};

class CacheProvider;

/// An entry that was found. Valid as long as its provider.
class CacheHit {
 public:
  virtual ~CacheHit() = default;

  virtual const EntryInfo& info() const = 0;
  /// Makes the target's outputs equal to the entry's. Everything is verified before it becomes visible: a
  /// damaged entry is a `corrupt` error, and the caller treats it as a miss.
  virtual Result<RestoreReport> restore(StaleOutputs stale = StaleOutputs::remove) = 0;
  /// What restore() would report if it had nothing to do; nothing if it has, or if only it could tell. Writes
  /// nothing, and so may be asked while another process is at work on the outputs: the answer is that of a
  /// moment since the call.
  virtual Result<std::optional<RestoreReport>> in_place(StaleOutputs stale = StaleOutputs::remove);
  /// What the command printed.
  virtual Result<std::vector<LogChunk>> log() = 0;
  /// Stores the same entry, as it is, in another provider.
  virtual Status copy_to(CacheProvider& provider) = 0;
  /// Whether restore() brings back what a copy in another provider would not, because that one's format has
  /// no place for it: such a hit is restored itself even after it has been copied.
  virtual bool is_more_than_its_copy() const { return false; }
};

/// What a put did: the entry that is stored now, or why the result was not stored.
struct PutResult {
  std::unique_ptr<CacheHit> entry;
  std::string not_stored_because;
};

class CacheProvider {
 public:
  virtual ~CacheProvider() = default;

  /// The entry of this hash and target; null is a miss.
  virtual Result<std::unique_ptr<CacheHit>> look_up(const std::string& hash, const Target& target) = 0;

  /// look_up and restore: true is a hit. A damaged entry is a miss.
  Result<bool> fetch(const std::string& hash, const Target& target);

  /// Makes the target's outputs ready for a run: what earlier runs left there goes, as far as it may.
  virtual Status prepare(const Target& target);

  /// Stores what the run of this target made. A result that must not be stored is no error: see PutResult.
  virtual Result<PutResult> put(const std::string& hash, const Target& target, const RunResult& run = {}) = 0;

  /// Ends what prepare() began, where no put() will follow: the run failed, was stopped, or made what can't
  /// be relied on. What it left counts as this target's work from then on, for other processes too, and is
  /// never stored; without a prepare() before, nothing happens. A run that is neither put nor abandoned
  /// counts as going on until the provider ends. Call it when nothing of the run is at work any more.
  virtual Status abandon(const Target& target);

  /// Stores an entry whose archive (docs/formats/entry.md) lies in the file `archive`. An `unsupported` error
  /// from providers of another format.
  virtual Status put_archive(const std::string& hash, const Target& target, const std::string& archive);

  /// Stores an entry whose output files lie, whole and by their paths relative to the package, in `folder`,
  /// which is only read. An `unsupported` error from providers that keep archives.
  virtual Status put_folder(const std::string& hash, const Target& target, const std::string& folder,
                            const RunResult& run = {});

  /// Removes every entry.
  virtual Status clear() = 0;
  /// Removes the entries that were not used for `days` days.
  virtual Status purge(int days) = 0;
  virtual bool is_read_only() const { return false; }
};

}  // namespace stillage
