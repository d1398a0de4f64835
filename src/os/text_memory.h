// SPDX-License-Identifier: MIT
#pragma once
// The contents of small files that every run has to know (each package.json, each .gitignore), remembered
// from process to process and found again by path and stat record, so that a run reads only those that
// changed (docs/formats/state.md). A content is kept only if the file was settled when it was read, so one
// that is found is right. Safe for use from many threads.

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "os/stat.h"
#include "os/state_file.h"
#include "stillage/result.h"

namespace stillage::os {

class TextMemory {
 public:
  /// Remembers nothing from other processes, and keeps nothing for them.
  TextMemory() = default;
  /// What the state file at `path` says; a missing or damaged one says nothing.
  explicit TextMemory(std::string path);
  TextMemory(const TextMemory&) = delete;
  TextMemory& operator=(const TextMemory&) = delete;

  /// The content of the regular file at `path` (relative to the open folder `dir`, which is the same in all
  /// calls, or absolute), looked at once. Nothing if there is no file, or something else; errors name `path`.
  /// The text lives as long as this.
  Result<std::optional<std::string_view>> read(int dir, const std::string& path, Links links,
                                               std::uint64_t max_size);
  /// The same, of a file whose stat is known already.
  Result<std::optional<std::string_view>> read(int dir, const std::string& path, const FileStat& stat,
                                               Links links, std::uint64_t max_size);

  /// Replaces the state file, if anything was read anew, by what was asked for in this process.
  Status save();

 private:
  struct Known {
    std::string_view path;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint64_t inode = 0;
    std::string_view text;
    bool asked = false;
  };

  void load();
  std::optional<std::string_view> find(std::string_view path, const FileStat& stat);

  std::string path_;
  std::optional<StateFile> file_;  ///< what `known_` points into
  std::vector<Known> known_;       ///< sorted by path
  std::mutex mutex_;
  std::deque<std::string> texts_;  ///< what was read in this process
  std::vector<Known> fresh_;
};

}  // namespace stillage::os
