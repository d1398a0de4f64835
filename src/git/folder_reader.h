// SPDX-License-Identifier: MIT
#pragma once
// The folders of a walk, each listed or, where it did not change, remembered. Safe for use from many threads,
// each with a Seen of its own.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/folder_memory.h"
#include "os/dir.h"
#include "os/fd.h"
#include "os/known_looks.h"
#include "stillage/result.h"

namespace stillage::git {

/// The names in a folder, and how to reach what they stand for.
class LookedInto {
 public:
  struct Name {
    std::string_view text;
    os::FileKind kind;
  };
  const std::vector<Name>& names() const { return names_; }
  bool has(std::string_view name) const;

  /// The path, from the walk's root, of what has that name.
  std::string from_root(std::string_view name) const { return prefix_ + std::string(name); }
  /// The stat of what has that name; `path` is its from_root().
  Result<std::optional<os::FileStat>> stat(std::string_view name, const std::string& path) const;

 private:
  friend class FolderReader;
  int root_ = -1;
  const os::KnownTree* known_ = nullptr;
  os::Fd opened_;  ///< where it was listed: shorter ways for the kernel
  std::string prefix_;
  std::vector<os::DirEntry> listed_;
  std::vector<Name> names_;
};

class FolderReader {
 public:
  FolderReader() = default;
  /// `root` is the open folder `root_path`, and stays open as long as this. `memory_file` is that of a
  /// FolderMemory, or "".
  FolderReader(int root, const std::string& root_path, const std::string& memory_file);

  /// What a thread saw, to be remembered.
  struct Seen {
    Seen() = default;
    Seen(Seen&&) = default;
    Seen& operator=(Seen&&) = default;

    std::vector<KnownFolder> known;
    std::deque<std::string> texts;  ///< what those point into that were listed now
  };
  /// Nothing if the folder has gone, was replaced meanwhile, or may not be looked into. `from_root` is "" for
  /// the root itself.
  Result<std::optional<LookedInto>> look_into(const std::string& from_root, Seen& seen) const;

  /// Writes down, for the next process, what all threads saw. Failing to is told, and no failure.
  void remember(const std::vector<Seen>& all) const;
  /// What the views in each Seen may point into.
  FolderMemory take_memory() && { return std::move(memory_); }

 private:
  int root_ = -1;
  os::KnownTree known_;
  FolderMemory memory_;
};

}  // namespace stillage::git
