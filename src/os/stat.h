// SPDX-License-Identifier: MIT
#pragma once
// What the file system says of one path: enough to tell whether a file is still the one that was read.

#include <cstdint>
#include <optional>
#include <string>

#include "stillage/result.h"

namespace stillage::os {

enum class FileKind : std::uint8_t { regular, directory, symlink, other };

/// Whether a final symlink is looked through.
enum class Links { keep, follow };

struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint32_t mode = 0;  ///< as in st_mode, type bits included
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t hard_links = 0;

  FileKind kind() const;
  bool is_regular() const { return kind() == FileKind::regular; }
  bool is_directory() const { return kind() == FileKind::directory; }
  bool is_symlink() const { return kind() == FileKind::symlink; }
  /// Whether the owner may execute it: the one permission bit that git keeps.
  bool is_executable() const { return (mode & 0100) != 0; }
  std::uint32_t permissions() const { return mode & 07777; }

  friend bool operator==(const FileStat&, const FileStat&) = default;
};

/// The stat of `path` relative to the open directory `dir` (AT_FDCWD for the current one); nothing if there
/// is no such file (or a parent is not a directory, or links on the way lead round in a circle); an error for
/// everything else.
Result<std::optional<FileStat>> stat_at(int dir, const std::string& path, Links links = Links::keep);

/// The same by path.
Result<std::optional<FileStat>> stat_path(const std::string& path, Links links = Links::keep);

/// The stat of an open file.
Result<FileStat> stat_fd(int fd);

/// Whether a stat record that was taken at `at_ns` proves that the file or folder did not change since, as
/// long as it stays the same: its times are older than a tick of any file system's clock, so that a later
/// change must show.
bool is_settled(const FileStat& stat, std::int64_t at_ns);

/// The same, of the times themselves.
bool is_settled(std::int64_t mtime_ns, std::int64_t ctime_ns, std::int64_t at_ns);

/// How far the time of a file may lie before that of the change: kernels stamp with the time of their last
/// timer tick, at most 10 ms old; twice that to be sure.
inline constexpr std::int64_t kTickNs = 20'000'000;

/// Whether a folder on the file system of `fd` changes its times whenever a name in it comes, goes or is
/// replaced. Of file systems that are not known to, no.
bool stamps_folders(int fd);

/// Whether a rename can lead from one open folder to the other: they lie on the same mount.
Result<bool> on_same_mount(int a, int b);

/// True if something is there; links are looked through, and errors count as absence.
bool exists(const std::string& path);
bool is_directory(const std::string& path);

}  // namespace stillage::os
