// SPDX-License-Identifier: MIT
#pragma once
// The watches of one checkout, on one queue of the kernel: what has happened before a cookie was made is told
// before the cookie is, wherever the two lie. Used by one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "os/fd.h"
#include "stillage/result.h"
#include "watch/change_log.h"
#include "watch/watch_list.h"

namespace stillage::watch {

class TreeWatch {
 public:
  /// Watches the folder for cookies, and `root` for being moved or removed.
  static Result<std::unique_ptr<TreeWatch>> open(const std::string& root, const std::string& cookie_folder);

  /// Readable when there is something to drain.
  int fd() const { return inotify_.get(); }

  /// How it stands with what is watched.
  enum class Health {
    good,
    lost,  ///< the kernel has dropped events: nothing that was known holds any more
    gone,  ///< the root or the folder for cookies is not at its place any more
  };
  /// Takes all that the kernel has to tell.
  Health drain();
  /// Whether a cookie of this name was seen; forgets it.
  bool take_cookie(std::string_view name);

  /// Begins to watch what a list says, instead of what was watched before. Watches that still stand for the
  /// same file are kept.
  void begin(StoredWatchList list);
  /// Goes on with it, by no more than `most` new watches; true while there is more to do.
  bool go_on(std::size_t most);

  struct Registration {
    base::Xxh128Digest digest{};
    std::uint64_t since = 0;        ///< changes after that time are known, once it is complete
    std::int64_t completed_ns = 0;  ///< by the clock of steady_ns(); 0: it is not complete
    std::string failure;            ///< why it never will be
  };
  const Registration& registration() const { return registration_; }
  /// What changed after `time` of what a list that was complete then names.
  ChangeLog::Since changes_since(std::uint64_t time, std::size_t at_most) const;
  /// A time later than all that was told until now.
  std::uint64_t tick() { return log_.tick(); }
  std::size_t watches() const { return paths_.size(); }
  /// The list that is watched; null before the first.
  const StoredWatchList* list() const { return list_ ? &*list_ : nullptr; }
  /// Whether every change of what the path stands for now is going to be told. Of a path in the list, once
  /// that is complete.
  bool is_watched(std::string_view path) const;

 private:
  TreeWatch(std::string root, os::Fd inotify);
  void take(int watch, std::uint32_t mask, std::string_view name);
  void take_change(const std::string& path, std::uint32_t mask);
  void know_path(int watch, std::string_view path);
  bool is_stale(std::string_view path) const;
  /// The number of the watch, or nothing if there is no such file; failures go into the registration.
  std::optional<int> add(std::string_view path, std::uint32_t mask);
  void find_bases(const WatchList& list);
  void complete();

  static constexpr int kAbsent = -1;
  using ByPath = std::unordered_map<std::string_view, int>;

  std::string root_;
  os::Fd inotify_;
  int cookie_watch_ = kAbsent;
  Health health_ = Health::good;
  base::StringSet cookies_;
  ChangeLog log_;
  /// Names that may mean other files than when they were last watched, and since when.
  base::StringMap<std::uint64_t> stale_;

  // Texts in these are those of the lists.
  std::vector<StoredWatchList> old_lists_;
  std::optional<StoredWatchList> list_;
  ByPath old_watches_, watches_;
  /// One watch has several paths where these stand for one file: hard links, mounts that show one folder
  /// twice.
  std::unordered_multimap<int, std::string_view> paths_;
  std::uint64_t unbroken_since_ = 0;  ///< nothing that was watched then has been given up since
  std::size_t next_ = 0;              ///< of the list's folders, then files
  Registration registration_;
};

/// A clock that all processes of the machine share and nobody sets.
std::int64_t steady_ns();

}  // namespace stillage::watch
