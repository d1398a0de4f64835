// SPDX-License-Identifier: MIT
#include "os/known_looks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "base/bytes.h"
#include "base/digest.h"

namespace stillage::os {
namespace {

// Of each look: where its path lies in the texts, how long it is, and the stat.
constexpr std::size_t kRecordSize = 2 * 4 + 5 * 8 + 4 * 4;
constexpr std::size_t kSlotSize = 4;

std::size_t slot_of(std::string_view path, std::size_t slots) {
  return static_cast<std::size_t>(base::xxh3_64(path)) & (slots - 1);
}

/// A little-endian number in the bytes, which have room for it there.
template <class T>
T number_at(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    auto* const raw = reinterpret_cast<unsigned char*>(&value);
    std::reverse(raw, raw + sizeof value);
  }
  return value;
}

struct Known {
  std::mutex mutex;
  std::string root;
  std::shared_ptr<const KnownLooks> looks;
  std::atomic<bool> is_in_force = false;
};

Known& known() {
  static Known* const known = new Known();
  return *known;
}

}  // namespace

std::string table_of_looks(std::vector<Look> looks) {
  const auto by_path = [](const Look& a, const Look& b) { return a.path < b.path; };
  std::stable_sort(looks.begin(), looks.end(), by_path);
  looks.erase(
      std::unique(looks.begin(), looks.end(), [](const Look& a, const Look& b) { return a.path == b.path; }),
      looks.end());
  const std::size_t slot_count = std::bit_ceil(2 * looks.size() + 1);
  std::vector<std::uint32_t> slots(slot_count);
  base::ByteWriter records;
  std::string texts;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto& [path, stat] = looks[i];
    std::size_t slot = slot_of(path, slot_count);
    while (slots[slot] != 0) slot = (slot + 1) & (slot_count - 1);
    slots[slot] = static_cast<std::uint32_t>(i + 1);
    records.u32(static_cast<std::uint32_t>(texts.size()));
    records.u32(static_cast<std::uint32_t>(path.size()));
    texts += path;
    records.u64(stat.device);
    records.u64(stat.inode);
    records.u64(stat.size);
    records.i64(stat.mtime_ns);
    records.i64(stat.ctime_ns);
    records.u32(stat.mode);
    records.u32(stat.uid);
    records.u32(stat.gid);
    records.u32(stat.hard_links);
  }
  base::ByteWriter table;
  table.u64(looks.size());
  table.u64(slot_count);
  table.raw(records.bytes());
  for (const std::uint32_t slot : slots) table.u32(slot);
  table.raw(texts);
  return table.take();
}

std::optional<KnownLooks> KnownLooks::parse(std::string_view table) {
  base::ByteReader reader(table);
  const std::uint64_t count = reader.u64();
  const std::uint64_t slots = reader.u64();
  if (!reader.ok() || !std::has_single_bit(slots) || count >= slots || count > reader.left() / kRecordSize ||
      slots > (reader.left() - count * kRecordSize) / kSlotSize)
    return std::nullopt;
  KnownLooks looks;
  looks.count_ = count;
  looks.records_ = reader.raw(count * kRecordSize);
  looks.slots_ = reader.raw(slots * kSlotSize);
  looks.texts_ = reader.raw(reader.left());
  return looks;
}

std::string_view KnownLooks::path_of(std::size_t index) const {
  const std::size_t at = number_at<std::uint32_t>(records_, index * kRecordSize);
  return at > texts_.size() ? std::string_view()
                            : texts_.substr(at, number_at<std::uint32_t>(records_, index * kRecordSize + 4));
}

std::optional<std::size_t> KnownLooks::index_of(std::string_view path) const {
  const std::size_t slots = slots_.size() / kSlotSize;
  std::size_t slot = slot_of(path, slots);
  for (std::size_t tried = 0; tried < slots; ++tried, slot = (slot + 1) & (slots - 1)) {
    const auto found = number_at<std::uint32_t>(slots_, slot * kSlotSize);
    if (found == 0 || found > count_) return std::nullopt;
    if (path_of(found - 1) == path) return found - 1;
  }
  return std::nullopt;
}

std::size_t KnownLooks::first_not_before(std::string_view path) const {
  std::size_t from = 0;
  for (std::size_t left = count_; left > 0;) {
    const std::size_t half = left / 2;
    const bool is_before = path_of(from + half) < path;
    from = is_before ? from + half + 1 : from;
    left = is_before ? left - half - 1 : half;
  }
  return from;
}

void KnownLooks::forget(std::string_view path) {
  if (path.empty()) {
    forgotten_ = {{0, count_}};
    return;
  }
  const auto forget_one = [this](std::string_view one) {
    if (const auto index = index_of(one)) forgotten_.emplace_back(*index, *index + 1);
  };
  const std::size_t slash = path.rfind('/');
  forget_one(path);
  forget_one(slash == std::string_view::npos ? "" : path.substr(0, slash));
  // What follows '/' in byte order is '0'.
  const std::size_t below = first_not_before(std::string(path) + '/');
  const std::size_t behind = first_not_before(std::string(path) + '0');
  if (below < behind) forgotten_.emplace_back(below, behind);
}

bool KnownLooks::is_forgotten(std::size_t index) const {
  return std::any_of(forgotten_.begin(), forgotten_.end(),
                     [index](const auto& range) { return range.first <= index && index < range.second; });
}

std::optional<FileStat> KnownLooks::find(std::string_view path) const {
  const auto index = index_of(path);
  if (!index || is_forgotten(*index)) return std::nullopt;
  std::size_t at = *index * kRecordSize + 2 * 4;
  const auto take = [&]<class T>(T& field) {
    field = number_at<T>(records_, at);
    at += sizeof field;
  };
  FileStat stat;
  take(stat.device);
  take(stat.inode);
  take(stat.size);
  take(stat.mtime_ns);
  take(stat.ctime_ns);
  take(stat.mode);
  take(stat.uid);
  take(stat.gid);
  take(stat.hard_links);
  return stat;
}

void set_known_looks(std::string root, std::shared_ptr<const KnownLooks> looks) {
  const std::lock_guard lock(known().mutex);
  known().root = std::move(root);
  known().looks = std::move(looks);
  known().is_in_force = known().looks != nullptr;
}

void forget_known_looks() {
  known().is_in_force = false;
}

KnownTree::KnownTree(std::string_view root) {
  if (!known().is_in_force) return;
  const std::lock_guard lock(known().mutex);
  if (known().root == root) looks_ = known().looks;
}

std::optional<FileStat> KnownTree::find(std::string_view path) const {
  return looks_ && known().is_in_force ? looks_->find(path) : std::nullopt;
}

}  // namespace stillage::os
