// SPDX-License-Identifier: MIT
#pragma once
// Every file that enters some key, by a small number: those that git lists (numbered in the order of their
// paths), and others that were asked for by name. Contents are digested once, in parallel, and remembered for
// the next process. Not for two threads at a time.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "git/listing.h"
#include "hasher/digest_memory.h"
#include "hasher/file_digest.h"
#include "os/fd.h"
#include "os/thread_pool.h"
#include "stillage/result.h"

namespace stillage::hasher {

using FileId = std::uint32_t;

/// Numbers from `first` up to, not including, `second`.
using FileRange = std::pair<FileId, FileId>;

class FileTable {
 public:
  struct Options {
    std::string root;               ///< absolute
    std::int64_t listed_at_ns = 0;  ///< a time before the listing began
    LineEndings line_endings = LineEndings::as_they_are;
    DigestMemory memory;
  };
  static Result<FileTable> open(const git::Listing& listing, Options options);

  const std::string& root() const { return options_.root; }
  int root_fd() const { return root_fd_.get(); }
  const git::Listing& listing() const { return *listing_; }
  std::uint32_t listed_count() const { return static_cast<std::uint32_t>(listing_->files().size()); }

  /// The listed files beneath a folder ("" is the root).
  FileRange beneath(std::string_view dir) const;
  /// The first listed file whose path is not before `path`.
  FileId lower_bound(std::string_view path) const;
  std::optional<FileId> find(std::string_view path) const;

  /// The file or symlink at `path` (relative to the root, or absolute), as it is now if it was not known;
  /// nothing if there is none, or something else is there.
  Result<std::optional<FileId>> add(const std::string& path);
  /// A file whose stat, and maybe digest, are known already; `file.path` as above.
  FileId add(git::ListedFile file);

  const git::ListedFile& file(FileId id) const;
  const std::string& path(FileId id) const { return file(id).path; }
  /// Where the file is: absolute.
  std::string absolute_path(FileId id) const;

  /// Makes sure that the digests of the regular files among `ids` are known.
  Status digest(std::span<const FileId> ids);
  /// Once digested: git's blob id of the content, or nothing if the file went between listing and reading.
  const base::Sha1Digest* content(FileId id) const;
  /// The stat record of the file as it was digested.
  const os::FileStat& stat(FileId id) const;

  /// Whether a digested file, or a symlink's own stat, is another now than it was: by content where times
  /// differ.
  Result<bool> is_changed(FileId id);

  /// Writes down what was digested.
  Status save();

 private:
  struct Fact {
    std::optional<DigestedFile> digested;  ///< nothing: gone
  };

  FileTable(const git::Listing& listing, Options options, os::Fd root_fd);
  bool stands_for_content(const git::ListedFile& file) const;
  Fact& new_fact(FileId id);
  const Fact* fact(FileId id) const;
  Result<std::optional<DigestedFile>> digest_now(const git::ListedFile& file) const;

  const git::Listing* listing_;
  Options options_;
  os::Fd root_fd_;
  std::deque<git::ListedFile> added_;
  base::StringMap<FileId> added_ids_;
  std::vector<std::uint32_t> fact_of_;  ///< by FileId: 1 + position in facts_; 0 is none
  std::deque<Fact> facts_;
};

}  // namespace stillage::hasher
