// SPDX-License-Identifier: MIT
#pragma once
// The folder of entries that all checkouts of a user share: `v1/<2 digits>/<name>`, one archive per entry,
// each there whole or not at all. The first writer of a name wins. What failed verification moves to
// `quarantine/`. A size cap is kept by removing what was used longest ago. Safe for many threads and
// processes at once.

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "cache/snapshot.h"
#include "os/fd.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::cache {

/// The file name of an entry. `bound_to` is the root of the only checkout that may use it, or empty; `origin`
/// is where it came from, empty for what was made here (see Origins).
std::string entry_name(std::string_view key, std::string_view target, std::string_view bound_to,
                       std::string_view origin = {});

/// A key as part of a name: itself if it is digits of a plain digest, else the digits of its own digest.
std::string key_name(std::string_view key);

struct StoredEntry {
  std::string name;
  std::string path;
  std::string key;  ///< empty if the manifest can't be read
  std::string target;
  std::uint64_t size = 0;
  std::int64_t created_ns = 0;
  std::int64_t last_used_ns = 0;
};

struct StoreUsage {
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
};

struct PruneReport {
  std::size_t removed = 0;
  std::uint64_t removed_bytes = 0;
  std::uint64_t left_bytes = 0;
};

struct DamagedEntry {
  std::string name;
  std::string reason;
};

class Store : public std::enable_shared_from_this<Store> {
 public:
  /// Makes the folder (mode 0700) if need be. One that others may write to is refused: whoever can write
  /// entries can run code in your builds. `cap` in bytes; nothing means 10 % of the file system, at most 50
  /// GiB.
  static Result<std::shared_ptr<Store>> open(const std::string& folder, std::optional<std::uint64_t> cap);

  const std::string& folder() const { return folder_; }
  /// A folder of the same file system, for what becomes an entry later.
  const std::string& temp_folder() const { return temp_; }
  bool is_read_only() const { return read_only_; }
  std::uint64_t cap() const { return cap_; }

  /// Where the entry of that name lies, if there is one.
  std::string path_of(const std::string& name) const;

  /// An entry as it is looked at: while this lives its bytes can be read, even if it is removed meanwhile.
  struct Opened {
    os::Fd file;
    EntryMark mark;
    std::string name;
    std::string path;
  };
  /// Opens an entry, and stamps it as used (at most hourly); nothing if there is none.
  Result<std::optional<Opened>> open_entry(const std::string& name);

  /// The mark of an entry that need not be opened yet; stamps it as open_entry() does.
  Result<std::optional<EntryMark>> find_entry(const std::string& name);

  /// The right to keep entries open for long; there are fewer of them than a process may have open files.
  class Slot {
   public:
    explicit Slot(std::atomic<int>& count) : count_(&count) {}
    ~Slot() { count_->fetch_add(1); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    std::atomic<int>* count_;
  };
  /// Null if all are taken.
  std::unique_ptr<Slot> take_slot();

  /// A file for locks between the processes that download into this store.
  std::string downloads_lock() const { return folder_ + "/downloads"; }

  /// Moves the complete file `path` (in temp_folder()) to its place; false, and nothing is done, if an entry
  /// of that name is there already.
  Result<bool> install(const std::string& path, const std::string& name);
  /// Puts aside an entry that failed verification, unless another one has taken its place; tells it once.
  void quarantine(const std::string& name, const EntryMark& mark, std::string_view reason);

  /// Whether this process has verified an entry with this mark.
  bool is_verified(const std::string& name, const EntryMark& mark);
  void set_verified(const std::string& name, const EntryMark& mark);

  /// All entries, with what their manifests say, in order of their names.
  Result<std::vector<StoredEntry>> list();
  Result<StoreUsage> usage();
  /// Reads every entry; moves the damaged ones to the quarantine.
  Result<std::vector<DamagedEntry>> verify();
  /// Removes what was used longest ago until at most `max_bytes` are left.
  Result<PruneReport> prune(std::uint64_t max_bytes);
  /// Removes what was last used before that time.
  Result<PruneReport> remove_unused_since(std::int64_t time_ns);
  /// Removes all entries of a key, whatever they are bound to and wherever they came from.
  Result<PruneReport> remove_key(const std::string& key);
  Status clear();
  /// To be called when a run has stored entries: prunes to 90 % of the cap if it is exceeded, and sweeps what
  /// crashed writers left. Cheap if there is nothing to do.
  Status after_storing();

 private:
  Store(std::string folder, std::uint64_t cap, bool read_only);
  bool wants_stamp(const struct stat& st) const;
  enum class Young { may_go, stay };
  struct File {
    std::string name;
    std::string path;
    std::uint64_t size = 0;
    std::int64_t created_ns = 0;
    std::int64_t last_used_ns = 0;
  };
  Result<std::vector<File>> files() const;
  Result<PruneReport> remove_where(const std::function<bool(const File&)>& is_to_go);
  Result<PruneReport> prune_locked(std::uint64_t above, std::uint64_t down_to, Young young);
  void sweep() const;

  std::string folder_;
  std::string entries_;
  std::string temp_;
  std::uint64_t cap_;
  bool read_only_;
  std::atomic<std::uint64_t> stored_bytes_ = 0;  ///< by this process, since it last counted
  std::atomic<int> free_slots_;
  std::mutex mutex_;
  base::StringMap<EntryMark> verified_;
};

}  // namespace stillage::cache
