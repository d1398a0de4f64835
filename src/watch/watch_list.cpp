// SPDX-License-Identifier: MIT
#include "watch/watch_list.h"

#include <algorithm>

#include "base/bytes.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::watch {
namespace {

constexpr os::StateFormat kListFormat{"WLST", 1};
constexpr const char* kFileName = "/list";

void write_sorted(base::ByteWriter& writer, std::vector<std::string_view> paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  writer.u64(paths.size());
  for (const std::string_view path : paths) writer.text(path);
}

bool read_sorted(base::ByteReader& reader, std::vector<std::string_view>& paths) {
  const std::uint64_t count = reader.u64();
  // Each takes at least its length's bytes.
  if (!reader.ok() || count > reader.left() / 8) return false;
  paths.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view path = reader.text();
    const bool is_next = path.starts_with('/') && (paths.empty() || paths.back() < path);
    if (!reader.ok() || !is_next) return false;
    paths.push_back(path);
  }
  return true;
}

}  // namespace

bool WatchListBuilder::covers(std::string_view path) const {
  return std::any_of(bases_.begin(), bases_.end(),
                     [&](const std::string& base) { return os::path_below(path, base).has_value(); });
}

void WatchListBuilder::add_folder(std::string_view path) {
  while (!folders_.contains(path) && covers(path)) {
    folders_.emplace(path);
    path = os::parent_path(path);
  }
}

void WatchListBuilder::add_file(std::string_view path) {
  const std::string_view folder = os::parent_path(path);
  if (!folders_.contains(folder)) {
    if (!covers(path)) return;
    add_folder(folder);
  }
  files_.emplace_back(path);
}

void WatchListBuilder::add(const WatchList& other) {
  bases_.insert(bases_.end(), other.bases.begin(), other.bases.end());
  folders_.insert(other.folders.begin(), other.folders.end());
  files_.insert(files_.end(), other.files.begin(), other.files.end());
}

std::string WatchListBuilder::encode() const {
  base::ByteWriter writer;
  write_sorted(writer, {bases_.begin(), bases_.end()});
  write_sorted(writer, {folders_.begin(), folders_.end()});
  write_sorted(writer, {files_.begin(), files_.end()});
  return writer.take();
}

bool WatchList::includes(const WatchList& other) const {
  return std::includes(bases.begin(), bases.end(), other.bases.begin(), other.bases.end()) &&
         std::includes(folders.begin(), folders.end(), other.folders.begin(), other.folders.end()) &&
         std::includes(files.begin(), files.end(), other.files.begin(), other.files.end());
}

std::optional<WatchList> parse_watch_list(std::string_view payload) {
  WatchList list;
  base::ByteReader reader(payload);
  if (!read_sorted(reader, list.bases) || !read_sorted(reader, list.folders) ||
      !read_sorted(reader, list.files) || !reader.at_end())
    return std::nullopt;
  list.digest = base::xxh128(payload);
  return list;
}

std::optional<StoredWatchList> read_watch_list(const std::string& watch_folder) {
  const auto file = os::StateFile::read(watch_folder + kFileName, kListFormat);
  if (!file) return std::nullopt;
  // A copy: the service lives longer than a mapping should, of a file that anybody might cut short.
  const auto bytes = std::make_shared<const std::string>(file->payload());
  auto list = parse_watch_list(*bytes);
  if (!list) return std::nullopt;
  return StoredWatchList{bytes, std::move(*list)};
}

Status write_watch_list(const std::string& watch_folder, std::string_view payload) {
  return os::StateFile::write(watch_folder + kFileName, kListFormat, payload);
}

}  // namespace stillage::watch
