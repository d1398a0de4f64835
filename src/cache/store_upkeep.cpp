// SPDX-License-Identifier: MIT
// The part of Store that looks at all entries: listing, verifying, pruning.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "archive/entry_reader.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "cache/store.h"
#include "os/at.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::cache {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecondNs;
/// What was used this recently may be needed by a run that goes on: it goes only when somebody asks for it.
constexpr std::int64_t kYoung = 60 * kSecondNs;
constexpr os::StateFormat kUsageFormat = {"USED", 1};

struct CountedUsage {
  std::uint64_t bytes = 0;
  std::int64_t counted_ns = 0;
};

CountedUsage read_usage(const std::string& path) {
  const auto file = os::StateFile::read(path, kUsageFormat);
  if (!file) return {};
  base::ByteReader in(file->payload());
  CountedUsage usage;
  usage.bytes = in.u64();
  usage.counted_ns = in.i64();
  return in.ok() ? usage : CountedUsage{};
}

void write_usage(const std::string& path, const CountedUsage& usage) {
  base::ByteWriter out;
  out.u64(usage.bytes);
  out.i64(usage.counted_ns);
  (void)os::StateFile::write(path, kUsageFormat, out.bytes());  // counted again if it is lost
}

}  // namespace

Result<std::vector<Store::File>> Store::files() const {
  std::vector<File> all;
  STILLAGE_ASSIGN(const auto groups, os::list_dir(entries_));
  for (const os::DirEntry& group : groups) {
    const std::string folder = entries_ + "/" + group.name;
    const auto fd = os::open_path(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) continue;
    STILLAGE_ASSIGN(const auto names, os::list_dir(fd->get()));
    for (const os::DirEntry& name : names) {
      struct stat st;
      if (::fstatat(fd->get(), name.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        continue;
      const auto ns = [](const timespec& time) { return time.tv_sec * kSecondNs + time.tv_nsec; };
      all.push_back({.name = name.name,
                     .path = folder + "/" + name.name,
                     .size = static_cast<std::uint64_t>(st.st_size),
                     .created_ns = ns(st.st_mtim),
                     .last_used_ns = std::max(ns(st.st_atim), ns(st.st_mtim))});
    }
  }
  return all;
}

Result<std::vector<StoredEntry>> Store::list() {
  STILLAGE_ASSIGN(auto found, files());
  std::sort(found.begin(), found.end(), [](const File& a, const File& b) { return a.name < b.name; });
  std::vector<StoredEntry> entries;
  for (const File& file : found) {
    StoredEntry entry{.name = file.name,
                      .path = file.path,
                      .key = {},
                      .target = {},
                      .size = file.size,
                      .created_ns = file.created_ns,
                      .last_used_ns = file.last_used_ns};
    auto fd = os::open_path(file.path, O_RDONLY | O_NOFOLLOW);
    if (!fd) continue;  // removed since it was listed
    auto reader = archive::EntryReader::open(std::move(*fd), file.name);
    const auto manifest = reader ? reader->manifest() : tl::make_unexpected(reader.error());
    if (manifest) {
      entry.key = manifest->key;
      entry.target = manifest->target;
      entry.created_ns = manifest->created_ns;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<StoreUsage> Store::usage() {
  STILLAGE_ASSIGN(const auto found, files());
  StoreUsage usage;
  usage.entries = found.size();
  for (const File& file : found) usage.bytes += file.size;
  return usage;
}

Result<std::vector<DamagedEntry>> Store::verify() {
  STILLAGE_ASSIGN(const auto found, files());
  std::vector<DamagedEntry> damaged;
  for (const File& file : found) {
    STILLAGE_ASSIGN(auto opened, open_entry(file.name));
    if (!opened) continue;
    STILLAGE_ASSIGN(os::Fd again, os::open_path(os::path_of_fd(opened->file.get()), O_RDONLY));
    auto reader = archive::EntryReader::open(std::move(again), file.name);
    Status status = reader ? reader->verify() : tl::make_unexpected(reader.error());
    if (status) {
      const auto manifest = reader->manifest();
      if (!manifest) status = tl::make_unexpected(manifest.error());
    }
    if (status) continue;
    if (status.error().kind != ErrorKind::corrupt) return tl::make_unexpected(status.error());
    quarantine(opened->name, opened->mark, status.error().message);
    // The reader has put the name in front, which stands beside the reason here.
    const std::string prefix = file.name + ": ";
    std::string reason = status.error().message;
    if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
    damaged.push_back({file.name, std::move(reason)});
  }
  return damaged;
}

Result<PruneReport> Store::prune_locked(std::uint64_t above, std::uint64_t down_to, Young young) {
  STILLAGE_ASSIGN(auto found, files());
  PruneReport report;
  for (const File& file : found) report.left_bytes += file.size;
  if (report.left_bytes <= above) return report;
  std::sort(found.begin(), found.end(),
            [](const File& a, const File& b) { return a.last_used_ns < b.last_used_ns; });
  const std::int64_t now = base::now_ns();
  for (const File& file : found) {
    if (report.left_bytes <= down_to) break;
    if (young == Young::stay && file.last_used_ns > now - kYoung) break;
    STILLAGE_TRY(os::unlink_at(AT_FDCWD, file.path));
    report.left_bytes -= file.size;
    report.removed_bytes += file.size;
    ++report.removed;
  }
  return report;
}

Result<PruneReport> Store::prune(std::uint64_t max_bytes) {
  STILLAGE_ASSIGN(const auto lock, os::FileLock::acquire(folder_ + "/lock"));
  STILLAGE_ASSIGN(PruneReport report, prune_locked(max_bytes, max_bytes, Young::may_go));
  write_usage(folder_ + "/usage", {report.left_bytes, base::now_ns()});
  return report;
}

Result<PruneReport> Store::remove_unused_since(std::int64_t time_ns) {
  return remove_where([time_ns](const File& file) { return file.last_used_ns < time_ns; });
}

Result<PruneReport> Store::remove_key(const std::string& key) {
  return remove_where(
      [start = key_name(key) + "-"](const File& file) { return file.name.starts_with(start); });
}

Result<PruneReport> Store::remove_where(const std::function<bool(const File&)>& is_to_go) {
  STILLAGE_ASSIGN(const auto lock, os::FileLock::acquire(folder_ + "/lock"));
  STILLAGE_ASSIGN(const auto found, files());
  PruneReport report;
  for (const File& file : found) {
    if (!is_to_go(file)) {
      report.left_bytes += file.size;
      continue;
    }
    STILLAGE_TRY(os::unlink_at(AT_FDCWD, file.path));
    report.removed_bytes += file.size;
    ++report.removed;
  }
  write_usage(folder_ + "/usage", {report.left_bytes, base::now_ns()});
  return report;
}

Status Store::clear() {
  STILLAGE_ASSIGN(const auto lock, os::FileLock::acquire(folder_ + "/lock"));
  STILLAGE_ASSIGN(const auto groups, os::list_dir(entries_));
  for (const os::DirEntry& group : groups) STILLAGE_TRY(os::remove_tree(entries_ + "/" + group.name));
  write_usage(folder_ + "/usage", {0, base::now_ns()});
  return {};
}

Status Store::after_storing() {
  const std::uint64_t stored = stored_bytes_.exchange(0);
  if (stored == 0 || read_only_) return {};
  STILLAGE_ASSIGN(const auto lock, os::FileLock::acquire(folder_ + "/lock"));
  const std::string path = folder_ + "/usage";
  CountedUsage usage = read_usage(path);
  usage.bytes += stored;
  const std::int64_t now = base::now_ns();
  // The count is approximate (a killed run does not add to it): it is made anew when it matters, and daily.
  const bool is_recent = now - usage.counted_ns < 24 * kHour && usage.counted_ns <= now;
  if (is_recent && usage.bytes <= cap_) {
    write_usage(path, usage);
    return {};
  }
  STILLAGE_ASSIGN(const PruneReport report, prune_locked(cap_, cap_ / 10 * 9, Young::stay));
  write_usage(path, {report.left_bytes, now});
  sweep();
  return {};
}

void Store::sweep() const {
  const auto names = os::list_dir(temp_);
  if (!names) return;
  const std::int64_t old = base::now_ns() - 6 * kHour;
  for (const os::DirEntry& name : *names) {
    const std::string path = temp_ + "/" + name.name;
    const auto stat = os::stat_path(path).value_or(std::nullopt);
    if (stat && stat->mtime_ns < old) (void)os::remove_tree(path);
  }
}

}  // namespace stillage::cache
