// SPDX-License-Identifier: MIT
#pragma once
// A repository's index: which paths git tracks, and what it remembers of the files that it saw there. Read by
// our own parser straight from the mapped file (versions 2 to 4, SHA-1 and SHA-256); where it is split,
// sparse or otherwise not self-contained, git lists it for us, without the remembered stats. The parser takes
// any bytes: a damaged or hostile file is an error.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "git/repository.h"
#include "os/mapped_file.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::git {

/// One path (of one merge stage). The views live as long as their Index.
struct IndexEntry {
  std::string_view path;
  std::string_view record;     ///< stat data and mode, as on disk; empty if git listed the entry
  std::string_view object_id;  ///< raw bytes
  std::uint32_t mode = 0;
  std::uint8_t stage = 0;
  bool intent_to_add = false;
  bool skip_worktree = false;

  bool is_submodule() const { return (mode & 0170000) == 0160000; }
};

class Index {
 public:
  Index() = default;
  /// The repository's index; empty if it has none yet.
  static Result<Index> load(const Repository& repository);
  /// Parses an index file's bytes, which must outlive the result. `unsupported` if it needs git to be
  /// understood, `corrupt` if it is damaged. `written_ns`: when the file was last modified.
  static Result<Index> parse(std::string_view bytes, ObjectFormat format, std::int64_t written_ns);
  /// Parses what `git ls-files -s -z` printed.
  static Result<Index> parse_listing(std::string listing);

  /// Sorted bytewise by path, then by stage.
  const std::vector<IndexEntry>& entries() const { return entries_; }

  /// The blob id of the file's bytes, if this stat proves that they are what git hashed, by git's own rule
  /// for files modified around the time when the index was written. Whether a conversion lies between is
  /// another question.
  std::optional<base::Sha1Digest> unchanged_id(const IndexEntry& entry, const os::FileStat& stat) const;

 private:
  std::shared_ptr<os::MappedFile> file_;
  std::shared_ptr<std::deque<std::string>> texts_ = std::make_shared<std::deque<std::string>>();
  std::vector<IndexEntry> entries_;
  std::int64_t written_ns_ = 0;
};

}  // namespace stillage::git
