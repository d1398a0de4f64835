// SPDX-License-Identifier: MIT
#pragma once
// The digests of files that earlier processes read (docs/formats/digests.md), found again by path and stat
// record. A digest is kept only if the file was settled when it was read, so one that is found is right.
// find() may be called from many threads while nothing else is.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "hasher/file_digest.h"
#include "os/stat.h"
#include "os/state_file.h"
#include "stillage/result.h"

namespace stillage::hasher {

class DigestMemory {
 public:
  /// Remembers nothing, and keeps nothing.
  DigestMemory() = default;
  /// What the state file at `path` says; a missing or damaged one says nothing.
  explicit DigestMemory(std::string path);

  /// The digest of the content that `path` has, if its stat is the one that it was digested with.
  std::optional<base::Sha1Digest> find(std::string_view path, const os::FileStat& stat) const;
  void remember(const std::string& path, const DigestedFile& file);

  /// Replaces the state file if anything is new, without the paths that `still_wanted` denies.
  Status save(const std::function<bool(const std::string&)>& still_wanted);

 private:
  struct Entry {
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint64_t inode = 0;
    base::Sha1Digest digest{};
  };
  struct KnownEntry {
    std::string_view path;
    Entry entry;
  };

  void load();

  std::string path_;
  std::optional<os::StateFile> file_;  ///< what the paths of `known_` point into
  std::vector<KnownEntry> known_;      ///< sorted by path
  base::StringMap<Entry> fresh_;
};

}  // namespace stillage::hasher
