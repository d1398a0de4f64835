// SPDX-License-Identifier: MIT
#include "os/text_memory.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>

#include "base/bytes.h"
#include "base/clock.h"
#include "os/fd.h"
#include "os/file.h"

namespace stillage::os {
namespace {

constexpr StateFormat kFormat = {"TEXT", 1};
/// Bytes of an entry with an empty path and an empty text.
constexpr std::size_t kSmallestEntry = 6 * 8;

template <class Known>
auto by_path(const Known& known, std::string_view path) {
  return known.path < path;
}

}  // namespace

TextMemory::TextMemory(std::string path) : path_(std::move(path)) {
  load();
}

void TextMemory::load() {
  file_ = StateFile::read(path_, kFormat);
  if (!file_) return;
  base::ByteReader reader(file_->payload());
  const std::uint64_t count = reader.u64();
  if (!reader.ok() || count > reader.left() / kSmallestEntry) return;
  std::vector<Known> known(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < known.size(); ++i) {
    Known& entry = known[i];
    entry.path = reader.text();
    entry.size = reader.u64();
    entry.mtime_ns = reader.i64();
    entry.ctime_ns = reader.i64();
    entry.inode = reader.u64();
    entry.text = reader.text();
    if (entry.text.size() != entry.size || (i > 0 && known[i - 1].path >= entry.path)) return;
  }
  if (reader.ok() && reader.at_end()) known_ = std::move(known);
}

std::optional<std::string_view> TextMemory::find(std::string_view path, const FileStat& stat) {
  const auto at = std::lower_bound(known_.begin(), known_.end(), path, by_path<Known>);
  if (at == known_.end() || at->path != path || at->size != stat.size || at->mtime_ns != stat.mtime_ns ||
      at->ctime_ns != stat.ctime_ns || at->inode != stat.inode)
    return std::nullopt;
  std::atomic_ref(at->asked).store(true, std::memory_order_relaxed);
  return at->text;
}

Result<std::optional<std::string_view>> TextMemory::read(int dir, const std::string& path, Links links,
                                                         std::uint64_t max_size) {
  STILLAGE_ASSIGN(const auto stat, stat_at(dir, path, links));
  if (!stat) return std::optional<std::string_view>();
  return read(dir, path, *stat, links, max_size);
}

Result<std::optional<std::string_view>> TextMemory::read(int dir, const std::string& path,
                                                         const FileStat& stat, Links links,
                                                         std::uint64_t max_size) {
  if (!stat.is_regular()) return std::optional<std::string_view>();
  if (const auto known = find(path, stat)) return known;
  const std::int64_t read_at_ns = base::now_ns();
  STILLAGE_ASSIGN(const Fd file,
                  open_at(dir, path, O_RDONLY | O_NONBLOCK | (links == Links::keep ? O_NOFOLLOW : 0)));
  STILLAGE_ASSIGN(const FileStat opened, stat_fd(file.get()));
  if (!opened.is_regular()) return std::optional<std::string_view>();
  STILLAGE_ASSIGN(std::string text, read_all(file.get(), path, max_size));
  const std::lock_guard lock(mutex_);
  texts_.push_back(path);
  const std::string_view kept_path = texts_.back();
  texts_.push_back(std::move(text));
  const std::string_view kept = texts_.back();
  if (!path_.empty() && is_settled(opened, read_at_ns) && kept.size() == opened.size)
    fresh_.push_back({.path = kept_path,
                      .size = opened.size,
                      .mtime_ns = opened.mtime_ns,
                      .ctime_ns = opened.ctime_ns,
                      .inode = opened.inode,
                      .text = kept,
                      .asked = true});
  return std::optional(kept);
}

Status TextMemory::save() {
  const std::lock_guard lock(mutex_);
  if (fresh_.empty()) return {};
  std::vector<const Known*> all;
  for (const Known& fresh : fresh_) all.push_back(&fresh);
  for (const Known& known : known_)
    if (known.asked) all.push_back(&known);
  // Of two that were read under one path, at the same time or again, any will do: both were settled.
  std::stable_sort(all.begin(), all.end(), [](const Known* a, const Known* b) { return a->path < b->path; });
  all.erase(
      std::unique(all.begin(), all.end(), [](const Known* a, const Known* b) { return a->path == b->path; }),
      all.end());
  base::ByteWriter writer;
  writer.u64(all.size());
  for (const Known* entry : all) {
    writer.text(entry->path);
    writer.u64(entry->size);
    writer.i64(entry->mtime_ns);
    writer.i64(entry->ctime_ns);
    writer.u64(entry->inode);
    writer.text(entry->text);
  }
  STILLAGE_TRY(StateFile::write(path_, kFormat, writer.bytes()));
  fresh_.clear();
  return {};
}

}  // namespace stillage::os
