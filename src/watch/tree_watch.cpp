// SPDX-License-Identifier: MIT
#include "watch/tree_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/path.h"

namespace stillage::watch {
namespace {

/// A write through a mapping is told by nothing but the close that follows it.
constexpr std::uint32_t kContent = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr std::uint32_t kSelf = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kNames = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
/// Whoever asks for less of a file that is watched already, by this path or another one, takes nothing away.
constexpr std::uint32_t kFileMask = kContent | kSelf | IN_DONT_FOLLOW | IN_MASK_ADD;
constexpr std::uint32_t kFolderMask = kFileMask | kNames | IN_ONLYDIR;
/// With these, a name stands for another file than before, or its watch has ended.
constexpr std::uint32_t kExchange = kNames | kSelf | IN_IGNORED | IN_UNMOUNT;

constexpr std::size_t kMostChanges = 50'000;
/// Cookies that nobody asked for: of clients that died.
constexpr std::size_t kMostCookies = 4'096;

}  // namespace

std::int64_t steady_ns() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

TreeWatch::TreeWatch(std::string root, os::Fd inotify)
    : root_(std::move(root)), inotify_(std::move(inotify)), log_(kMostChanges) {}

Result<std::unique_ptr<TreeWatch>> TreeWatch::open(const std::string& root,
                                                   const std::string& cookie_folder) {
  os::Fd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) return os::io_error("watch", root);
  std::unique_ptr<TreeWatch> watch(new TreeWatch(root, std::move(inotify)));
  watch->cookie_watch_ =
      ::inotify_add_watch(watch->fd(), cookie_folder.c_str(), IN_CREATE | kSelf | IN_ONLYDIR);
  if (watch->cookie_watch_ < 0) return os::io_error("watch", cookie_folder);
  const int root_watch = ::inotify_add_watch(watch->fd(), root.c_str(), kFolderMask);
  if (root_watch < 0) return os::io_error("watch", root);
  watch->paths_.emplace(root_watch, watch->root_);
  return watch;
}

TreeWatch::Health TreeWatch::drain() {
  alignas(inotify_event) char buffer[64 * 1024];
  while (true) {
    const ssize_t got = ::read(fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return health_;
    for (ssize_t at = 0; at < got;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      const char* const name = buffer + at + sizeof event;
      take(event.wd, event.mask, std::string_view(name, ::strnlen(name, event.len)));
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

void TreeWatch::take(int watch, std::uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    if (health_ == Health::good) health_ = Health::lost;
    return;
  }
  if (watch == cookie_watch_) {
    if ((mask & (kSelf | IN_IGNORED | IN_UNMOUNT)) != 0) health_ = Health::gone;
    if ((mask & IN_CREATE) == 0) return;
    if (cookies_.size() == kMostCookies) cookies_.clear();
    cookies_.emplace(name);
    return;
  }
  const auto [first, last] = paths_.equal_range(watch);
  for (auto known = first; known != last; ++known) {
    const bool is_root = name.empty() && known->second == root_;
    if (is_root && (mask & (kSelf | IN_IGNORED | IN_UNMOUNT)) != 0) health_ = Health::gone;
    take_change(os::join_path(known->second, name), mask);
  }
  if ((mask & IN_IGNORED) != 0) paths_.erase(first, last);
}

void TreeWatch::take_change(const std::string& path, std::uint32_t mask) {
  log_.add(path);
  if ((mask & kExchange) != 0) stale_.insert_or_assign(path, log_.now());
  if (stale_.size() > kMostChanges && health_ == Health::good) health_ = Health::lost;
}

ChangeLog::Since TreeWatch::changes_since(std::uint64_t time, std::size_t at_most) const {
  if (time < unbroken_since_) return {.is_known = false, .is_cut = false, .paths = {}};
  return log_.since(time, at_most);
}

void TreeWatch::know_path(int watch, std::string_view path) {
  const auto [first, last] = paths_.equal_range(watch);
  if (std::none_of(first, last, [path](const auto& known) { return known.second == path; }))
    paths_.emplace(watch, path);
}

bool TreeWatch::is_watched(std::string_view path) const {
  const auto found = watches_.find(path);
  return found != watches_.end() && found->second != kAbsent && !is_stale(path);
}

bool TreeWatch::take_cookie(std::string_view name) {
  const auto found = cookies_.find(name);
  if (found == cookies_.end()) return false;
  cookies_.erase(found);
  return true;
}

/// Nobody tells whether a base has come, or another folder lies in its place because one above it was moved:
/// the path is asked again, and if it is another one, nothing beneath it is as it was.
void TreeWatch::find_bases(const WatchList& list) {
  for (const std::string_view base : list.bases) {
    const auto known = old_watches_.find(base);
    if (known == old_watches_.end()) continue;
    const int now = ::inotify_add_watch(fd(), std::string(base).c_str(), kFolderMask);
    if (now == known->second) continue;
    if (now >= 0) know_path(now, known->first);
    log_.add(base);
    stale_.insert_or_assign(std::string(base), log_.now());
  }
}

void TreeWatch::begin(StoredWatchList list) {
  // One that was begun and not finished has replaced nothing yet.
  watches_.merge(old_watches_);
  old_watches_ = std::exchange(watches_, {});
  find_bases(list.list);
  registration_ = {.digest = list.list.digest, .since = log_.tick(), .completed_ns = 0, .failure = {}};
  if (list_) {
    // What is not wanted any more is not watched any more in the end.
    if (!list.list.includes(list_->list)) unbroken_since_ = registration_.since;
    old_lists_.push_back(std::move(*list_));
  }
  list_ = std::move(list);
  next_ = 0;
}

/// Whether the name, or that of a folder around it, has been given to another file since it was watched.
bool TreeWatch::is_stale(std::string_view path) const {
  if (stale_.empty()) return false;
  while (!stale_.contains(path)) {
    if (path.size() <= 1) return false;
    path = os::parent_path(path);
  }
  return true;
}

std::optional<int> TreeWatch::add(std::string_view path, std::uint32_t mask) {
  const int watch = ::inotify_add_watch(fd(), std::string(path).c_str(), mask);
  if (watch >= 0) return watch;
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::nullopt;
  registration_.failure =
      errno == ENOSPC
          ? "the limit of watches is reached: raise it (sysctl fs.inotify.max_user_watches=1048576)"
          : os::io_error("watch", path).value().message;
  return std::nullopt;
}

bool TreeWatch::go_on(std::size_t most) {
  if (!list_ || registration_.completed_ns != 0 || !registration_.failure.empty()) return false;
  const auto& folders = list_->list.folders;
  const auto& files = list_->list.files;
  for (; next_ < folders.size() + files.size(); ++next_) {
    const bool is_folder = next_ < folders.size();
    const std::string_view path = is_folder ? folders[next_] : files[next_ - folders.size()];
    const auto old = old_watches_.find(path);
    const bool is_kept = old != old_watches_.end() && !is_stale(path);
    if (!is_kept && most == 0) return true;
    int watch = is_kept ? old->second : kAbsent;
    if (!is_kept) {
      --most;
      watch = add(path, is_folder ? kFolderMask : kFileMask).value_or(kAbsent);
      if (!registration_.failure.empty()) return false;
    }
    watches_.emplace(path, watch);
    if (watch != kAbsent) know_path(watch, path);
  }
  complete();
  return false;
}

void TreeWatch::complete() {
  std::unordered_multimap<int, std::string_view> wanted;
  for (const auto& [path, watch] : watches_)
    if (watch != kAbsent) wanted.emplace(watch, path == root_ ? std::string_view(root_) : path);
  const auto before = std::exchange(paths_, std::move(wanted));
  for (const auto& [watch, path] : before) {
    if (path == root_)
      know_path(watch, root_);
    else if (!paths_.contains(watch))
      (void)::inotify_rm_watch(fd(), watch);
  }
  old_watches_.clear();
  old_lists_.clear();
  std::erase_if(stale_, [&](const auto& item) { return item.second <= registration_.since; });
  registration_.completed_ns = steady_ns();
}

}  // namespace stillage::watch
