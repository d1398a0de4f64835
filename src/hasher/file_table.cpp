// SPDX-License-Identifier: MIT
#include "hasher/file_table.h"

#include <fcntl.h>

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::hasher {
namespace {

/// Files that a thread takes at a time: reading one costs some microseconds, starting a thread tens of them.
constexpr std::size_t kUnknownGrain = 32;

}  // namespace

FileTable::FileTable(const git::Listing& listing, Options options, os::Fd root_fd)
    : listing_(&listing),
      options_(std::move(options)),
      root_fd_(std::move(root_fd)),
      fact_of_(listing.files().size()) {}

Result<FileTable> FileTable::open(const git::Listing& listing, Options options) {
  STILLAGE_ASSIGN(os::Fd root_fd, os::open_path(options.root, O_RDONLY | O_DIRECTORY));
  return FileTable(listing, std::move(options), std::move(root_fd));
}

FileId FileTable::lower_bound(std::string_view path) const {
  const auto& files = listing_->files();
  const auto it = std::lower_bound(
      files.begin(), files.end(), path,
      [](const git::ListedFile& file, std::string_view wanted) { return file.path < wanted; });
  return static_cast<FileId>(it - files.begin());
}

FileRange FileTable::beneath(std::string_view dir) const {
  if (dir.empty()) return {0, listed_count()};
  std::string bound(dir);
  bound += '/';
  const FileId begin = lower_bound(bound);
  bound.back() = '/' + 1;
  return {begin, lower_bound(bound)};
}

std::optional<FileId> FileTable::find(std::string_view path) const {
  const FileId id = lower_bound(path);
  if (id < listed_count() && listing_->files()[id].path == path) return id;
  if (const auto it = added_ids_.find(path); it != added_ids_.end()) return it->second;
  return std::nullopt;
}

Result<std::optional<FileId>> FileTable::add(const std::string& path) {
  if (const auto known = find(path)) return known;
  STILLAGE_ASSIGN(const auto stat, os::stat_at(root_fd_.get(), path));
  if (!stat || (!stat->is_regular() && !stat->is_symlink())) return std::optional<FileId>();
  git::ListedFile file;
  file.path = path;
  file.stat = *stat;
  return std::optional(add(std::move(file)));
}

FileId FileTable::add(git::ListedFile file) {
  if (const auto known = find(file.path)) return *known;
  const auto id = static_cast<FileId>(fact_of_.size());
  added_ids_.emplace(file.path, id);
  added_.push_back(std::move(file));
  fact_of_.push_back(0);
  return id;
}

const git::ListedFile& FileTable::file(FileId id) const {
  return id < listed_count() ? listing_->files()[id] : added_[id - listed_count()];
}

std::string FileTable::absolute_path(FileId id) const {
  return os::join_path(options_.root, path(id));
}

FileTable::Fact& FileTable::new_fact(FileId id) {
  if (fact_of_[id] == 0) {
    facts_.emplace_back();
    fact_of_[id] = static_cast<std::uint32_t>(facts_.size());
  }
  return facts_[fact_of_[id] - 1];
}

const FileTable::Fact* FileTable::fact(FileId id) const {
  return fact_of_[id] == 0 ? nullptr : &facts_[fact_of_[id] - 1];
}

/// Whether git's index spares us the reading.
bool FileTable::stands_for_content(const git::ListedFile& file) const {
  return file.clean_id && options_.line_endings == LineEndings::as_they_are;
}

Result<std::optional<DigestedFile>> FileTable::digest_now(const git::ListedFile& file) const {
  return digest_file(root_fd_.get(), file.path, options_.line_endings);
}

Status FileTable::digest(std::span<const FileId> ids) {
  std::vector<FileId> unknown;
  for (const FileId id : ids) {
    const git::ListedFile& wanted = file(id);
    if (fact_of_[id] != 0 || wanted.stat.is_symlink() || stands_for_content(wanted)) continue;
    Fact& known = new_fact(id);
    if (const auto remembered = options_.memory.find(wanted.path, wanted.stat))
      known.digested = DigestedFile{.stat = wanted.stat,
                                    .digest = *remembered,
                                    .size = wanted.stat.size,
                                    .read_at_ns = options_.listed_at_ns};
    else
      unknown.push_back(id);
  }
  if (unknown.empty()) return {};

  std::mutex mutex;
  std::optional<Error> error;
  os::parallel_for(unknown.size(), kUnknownGrain, [&](std::size_t i) {
    auto digested = digest_now(file(unknown[i]));
    if (digested) {
      facts_[fact_of_[unknown[i]] - 1].digested = *digested;
      return;
    }
    const std::lock_guard lock(mutex);
    if (!error) error = std::move(digested).error();
  });
  if (error) {
    for (const FileId id : unknown) fact_of_[id] = 0;
    return fail_in("input", std::move(*error));
  }
  for (const FileId id : unknown)
    if (const Fact* known = fact(id); known->digested) options_.memory.remember(path(id), *known->digested);
  return {};
}

const base::Sha1Digest* FileTable::content(FileId id) const {
  if (const Fact* known = fact(id)) return known->digested ? &known->digested->digest : nullptr;
  return &*file(id).clean_id;
}

const os::FileStat& FileTable::stat(FileId id) const {
  const Fact* known = fact(id);
  return known != nullptr && known->digested ? known->digested->stat : file(id).stat;
}

Result<bool> FileTable::is_changed(FileId id) {
  const git::ListedFile& known_file = file(id);
  STILLAGE_ASSIGN(const auto now, os::stat_at(root_fd_.get(), known_file.path));
  const Fact* known = fact(id);
  const bool was_gone = known != nullptr && !known->digested;
  if (!now || was_gone) return now.has_value() != !was_gone;
  if (known_file.stat.is_symlink()) return !now->is_symlink();
  if (!now->is_regular()) return true;

  const os::FileStat before = stat(id);
  const std::int64_t known_at = known != nullptr ? known->digested->read_at_ns : options_.listed_at_ns;
  if (same_content(before, *now) && os::is_settled(before, known_at)) return false;
  if (before.is_executable() != now->is_executable()) return true;
  STILLAGE_ASSIGN(const auto digested, digest_now(known_file));
  const base::Sha1Digest* expected = content(id);
  if (!digested || expected == nullptr || digested->digest != *expected) return true;
  options_.memory.remember(known_file.path, *digested);
  new_fact(id).digested = *digested;
  return false;
}

Status FileTable::save() {
  return options_.memory.save([this](const std::string& path) {
    const auto id = find(path);
    if (!id) return os::stat_at(root_fd_.get(), path).value_or(std::nullopt).has_value();
    return !stands_for_content(file(*id));
  });
}

}  // namespace stillage::hasher
