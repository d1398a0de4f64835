// SPDX-License-Identifier: MIT
#pragma once
// lage's memory of file digests, node_modules/.cache/lage/file_hashes.manifest, which both tools read and
// write (docs/compatibility.md): lines "path NUL mtime-in-ms NUL size NUL hash", joined by line feeds.
// Entries are never taken out. What damages a line costs that line only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::hasher {

struct ManifestEntry {
  std::int64_t mtime_ms = 0;
  std::uint64_t size = 0;
  std::string hash;  ///< in hex; empty for what has no content of its own (folders)
  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

class FileManifest {
 public:
  /// Where it lies in a repository.
  static std::string path_in(const std::string& root);

  /// Nothing if there is no such file; an error if it cannot be read. Damaged lines are passed over, and told
  /// once.
  static Result<std::optional<FileManifest>> read(const std::string& path);
  /// The entries of a manifest's text, of one path the last.
  static FileManifest parse(std::string_view text);

  /// Replaces the file as a whole, its folder made if need be.
  Status write(const std::string& path) const;
  /// The text, sorted by path. Leaves out paths with what readers of lage take for an end of line: reading
  /// them would end its process.
  std::string text() const;

  const ManifestEntry* find(std::string_view path) const;
  void set(std::string_view path, ManifestEntry entry);
  std::size_t size() const { return entries_.size(); }
  /// How many lines parse() passed over.
  std::size_t damaged_lines() const { return damaged_lines_; }

 private:
  base::StringMap<ManifestEntry> entries_;
  std::size_t damaged_lines_ = 0;
};

}  // namespace stillage::hasher
