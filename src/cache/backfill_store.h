// SPDX-License-Identifier: MIT
#pragma once
// Where the entries and logs of the folder format lie (docs/formats/lage-local.md), how one gets there whole,
// and how old ones go. Among our own processes, who reads or adds something in a group of entries (in lage's
// layout: those with the same first four digits) holds the group's folder locked, shared; who removes
// something, exclusively and briefly. Safe for use from many threads.

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/backfill_entry.h"
#include "os/fd.h"
#include "os/lock.h"
#include "stillage/backfill_cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

class BackfillStore {
 public:
  /// `base` is the absolute path of `node_modules/.cache/lage` or `node_modules/.cache/backfill`.
  BackfillStore(std::string base, BackfillLayout layout);

  const std::string& base() const { return base_; }
  std::string entry_path(const std::string& hash) const;
  /// The folder of an entry's group, with entries of other hashes beside it.
  std::string group_path(const std::string& hash) const;

  /// A hash becomes part of paths: an `invalid` error for what is no plain name.
  static Status check_hash(const std::string& hash);

  /// An entry that no process of ours removes as long as this lives.
  struct Reading {
    std::optional<os::FileLock> lock;  ///< none where folders have no locks
    BackfillEntry entry;
  };
  /// Nothing if there is no such entry. Errors as BackfillEntry::open.
  Result<std::optional<Reading>> read(const std::string& hash) const;

  /// A folder where something is put together or taken apart, with a name of ours that nobody takes for an
  /// entry. It goes with this object.
  class Stage {
   public:
    Stage(Stage&& other) noexcept
        : path_(std::exchange(other.path_, {})),
          folder_(std::move(other.folder_)),
          lock_(std::move(other.lock_)) {}
    Stage& operator=(Stage&&) = delete;
    ~Stage();
    const std::string& path() const { return path_; }
    int folder() const { return folder_.get(); }

   private:
    friend class BackfillStore;
    Stage() = default;
    std::string path_;
    os::Fd folder_;
    std::optional<os::FileLock> lock_;  ///< tells sweepers that somebody is at work here
  };
  Result<Stage> make_stage();

  /// Calls `fill` with an empty folder, and makes that the entry of `hash`, in place of the one that may be
  /// there. If it fails, nothing has changed.
  Status put(const std::string& hash, const std::function<Status(int folder)>& fill);

  /// The text of the log; nothing if there is none, which is always so in backfill's layout.
  Result<std::optional<std::string>> read_log(const std::string& hash) const;
  /// Does nothing in backfill's layout.
  Status write_log(const std::string& hash, const std::string& text) const;

  /// What skips a command whose last hash is still the same ("local-skip").
  Result<std::optional<std::string>> read_skip_marker(const std::string& hash) const;
  Status write_skip_marker(const std::string& hash) const;

  /// What lies in the store, in no order. Entries that can't be read are left out.
  struct Listed {
    std::string hash;
    std::string path;
    std::size_t files = 0;  ///< links included
    std::uint64_t bytes = 0;
    std::int64_t changed_ns = 0;
  };
  Result<std::vector<Listed>> list() const;

  /// BackfillCacheProvider says what these do.
  Status purge(int days);
  Status clear();

 private:
  enum class WhenBusy { leave, fail };
  /// Entries that were replaced while somebody was reading them, with their groups.
  struct Leftover {
    std::string path;
    std::string group;
  };

  std::string log_path(const std::string& hash) const;
  std::string skip_marker_path(const std::string& hash) const;
  /// The folder where things are put together or taken apart that `near` shall hold or has held.
  Result<std::string> workplace_for(const std::string& near) const;
  Result<Stage> make_stage_near(const std::string& near) const;
  Status publish(const std::string& stage, const std::string& hash);
  void remove_leftovers();
  Status remove_older(const std::optional<std::int64_t>& milliseconds, WhenBusy busy);
  Status remove_one(const std::string& path, const std::string& group,
                    const std::optional<std::int64_t>& milliseconds, WhenBusy busy) const;
  void sweep();

  std::string base_;
  BackfillLayout layout_;
  std::mutex mutex_;
  std::vector<Leftover> leftovers_;
  bool swept_ = false;
};

}  // namespace stillage::cache
