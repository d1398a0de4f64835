// SPDX-License-Identifier: MIT
#pragma once
// Digests of files as lage's FileHasher answers them: what the manifest says, for a file that has the size
// and the time (in whole milliseconds) that it has there; else glob-hasher's digest. Every question stats the
// files again. Not for two threads at a time.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hasher/file_manifest.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// A file with the digest that went into a hash.
struct EnteredFile {
  std::string path;  ///< relative to the root, or absolute
  std::string hash;  ///< empty: contributes nothing
  os::FileStat stat;
};

class CompatFiles {
 public:
  /// `root`: absolute. `manifest_file`: where save() writes.
  CompatFiles(std::string root, std::string manifest_file, FileManifest manifest)
      : root_(std::move(root)), manifest_file_(std::move(manifest_file)), manifest_(std::move(manifest)) {}

  /// By way of the manifest, which takes up what is new. A path that is not spelled plainly ("./a") is read
  /// whatever the manifest says. Files that are gone are left out, folders and unreadable files contribute
  /// nothing. An error if a file keeps changing while it is read.
  Result<std::vector<EnteredFile>> digest(const std::vector<std::string_view>& paths);

  /// glob-hasher's digests alone.
  Result<std::vector<EnteredFile>> digest_directly(const std::vector<std::string>& paths) const;

  /// The path of the first file whose content is no longer the one that entered.
  Result<std::optional<std::string>> first_changed(const std::vector<EnteredFile>& files) const;

  /// Writes the manifest.
  Status save() const { return manifest_.write(manifest_file_); }

 private:
  Result<std::optional<EnteredFile>> read(const std::string& path) const;
  Result<bool> is_changed(const EnteredFile& file) const;

  std::string root_;
  std::string manifest_file_;
  FileManifest manifest_;
};

}  // namespace stillage::hasher
