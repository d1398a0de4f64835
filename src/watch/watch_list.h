// SPDX-License-Identifier: MIT
#pragma once
// What is to be watched for one checkout, as its last run found it out: folders, and the files in them
// (docs/formats/watch.md). Files are watched besides their folders, since a write by way of another hard link
// is told to who watches the file, and to nobody else.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::watch {

/// A list as it was written. The texts are the payload's.
struct WatchList {
  std::vector<std::string_view> bases;
  std::vector<std::string_view> folders, files;  ///< in byte order: what holds others comes first
  base::Xxh128Digest digest{};

  /// Whether everything in the other list is in this one.
  bool includes(const WatchList& other) const;
};

/// Gathers absolute paths. Whatever lies below a base is watched together with all folders up to the base, so
/// that the exchange of any of them is seen.
class WatchListBuilder {
 public:
  explicit WatchListBuilder(std::vector<std::string> bases) : bases_(std::move(bases)) {}

  /// A folder, be it there or not. Without effect outside of all bases.
  void add_folder(std::string_view path);
  /// A file or link, and the folder that it lies in.
  void add_file(std::string_view path);
  bool has_folder(std::string_view path) const { return folders_.contains(path); }
  /// Whether the path lies in, or is, one of the bases.
  bool covers(std::string_view path) const;

  /// Everything that the other list has, too.
  void add(const WatchList& other);
  std::size_t size() const { return folders_.size() + files_.size(); }
  /// The payload of the list's file.
  std::string encode() const;

 private:
  std::vector<std::string> bases_;
  base::StringSet folders_;
  std::vector<std::string> files_;  ///< in any order, and some of them more than once
};

/// Nothing if it is no list.
std::optional<WatchList> parse_watch_list(std::string_view payload);

/// The list in the folder `watch_folder`, with the bytes that it refers to.
struct StoredWatchList {
  std::shared_ptr<const void> bytes;
  WatchList list;
};
std::optional<StoredWatchList> read_watch_list(const std::string& watch_folder);
Status write_watch_list(const std::string& watch_folder, std::string_view payload);

}  // namespace stillage::watch
