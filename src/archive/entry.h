// SPDX-License-Identifier: MIT
#pragma once
// What a stored entry holds: the outputs of one run of one target, its log, and where they came from. Plain
// values; docs/formats/entry.md describes the bytes, EntryWriter makes them and EntryReader takes them apart.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::archive {

/// The version that is written and read.
inline constexpr int kFormat = 1;
/// The longest path of an output, and the longest segment of it, in bytes.
inline constexpr std::size_t kMaxPath = 4096;
inline constexpr std::size_t kMaxSegment = 255;
/// The longest text of a symlink: more no kernel takes.
inline constexpr std::size_t kMaxLink = 4095;

enum class OutputKind : std::uint8_t { file, symlink, directory };

/// One path of an entry. Folders are listed where they are empty; all others follow from what lies in them.
struct Output {
  std::string path;  ///< relative to the target's folder, see is_safe_path()
  OutputKind kind = OutputKind::file;
  std::uint32_t mode = 0;       ///< of files and folders: the 0777 bits
  std::uint64_t size = 0;       ///< of files
  base::Sha256Digest digest{};  ///< of files: SHA-256 of the content
  std::string link = {};        ///< of symlinks: the text
  friend bool operator==(const Output&, const Output&) = default;
};

struct Manifest {
  std::string key;
  std::string target;
  std::vector<std::pair<std::string, std::string>> command;  ///< labels and texts, for people
  std::int64_t created_ns = 0;                               ///< since the epoch
  std::int64_t duration_ns = 0;                              ///< of the run
  std::map<std::string, std::string> platform;               ///< os, arch, libc, node: for people
  std::string bound_to;         ///< the only checkout root where the entry hits; empty: everywhere
  std::vector<Output> outputs;  ///< in byte order of their paths
  std::vector<LogChunk> log;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// True for a path that an entry may hold: relative, in normal form (no empty, "." or ".." segment, no '/' at
/// the ends), without NUL, within kMaxPath and kMaxSegment; no segment is ".git" in any case or starts like
/// our temporary files, and the first is not ".stillage", where an entry keeps its manifest.
bool is_safe_path(std::string_view path);

/// Checks that outputs come as an entry wants them: safe paths, in byte order, none twice, none below a file
/// or a symlink. Linear in the bytes of all paths.
class OutputOrder {
 public:
  /// The next output; an `invalid` error names what is wrong with it.
  Status add(std::string_view path, OutputKind kind);

 private:
  struct Prefix {
    std::size_t length;
    bool is_directory;
  };
  std::string last_;
  /// Those of the earlier paths that `last_` starts with (itself included), shortest first. In byte order, a
  /// path can only lie below one of these.
  std::vector<Prefix> prefixes_;
};

}  // namespace stillage::archive
