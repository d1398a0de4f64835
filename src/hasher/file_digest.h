// SPDX-License-Identifier: MIT
#pragma once
// The digest of one file's content, read in constant memory, and what a stat record tells of whether it still
// holds.

#include <cstdint>
#include <optional>
#include <string>

#include "base/digest.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// Which bytes count. A text file is one without a NUL among its first 8000 bytes.
enum class LineEndings : std::uint8_t {
  as_they_are,
  normalised,     ///< CRLF as LF in text files
  as_glob_hasher  ///< the same, and without a CR that is the very last byte: what lage's digests are of
};

struct DigestedFile {
  os::FileStat stat;            ///< of the file as it was read
  base::Sha1Digest digest{};    ///< git's blob id of the content
  std::uint64_t size = 0;       ///< of the content: less than the file's where line ends were normalised
  std::int64_t read_at_ns = 0;  ///< a time before the first byte was read
};

/// Digests the regular file `path`, absolute or relative to the open folder `dir`. Nothing if there is no
/// such file; an error naming it if it can't be read, is no regular file (a symlink that is not to be
/// followed included), or keeps changing while it is read.
Result<std::optional<DigestedFile>> digest_file(int dir, const std::string& path, LineEndings line_endings,
                                                os::Links links = os::Links::keep);

/// Whether two stat records are of the same file with, as far as they can tell, the same content.
bool same_content(const os::FileStat& a, const os::FileStat& b);

}  // namespace stillage::hasher
