// SPDX-License-Identifier: MIT
#pragma once
// The tars that backfill writes (docs/formats/lage-azure.md): to the byte those of tar-fs 2.1 over tar-stream
// 2.2, so that a blob does not tell who made it. What our own entries are made of is tar_header's.

#include <cstdint>
#include <string>

#include "stillage/result.h"

namespace stillage::archive {

/// A regular file or a link as its tar shall tell of it.
struct BackfillTarFile {
  std::string path = {};  ///< relative to the package, normalised
  bool is_link = false;
  std::string link = {};   ///< the text of a link
  std::uint32_t mode = 0;  ///< what st_mode holds, less the umask; other than permissions it is left out
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  ///< of a file
  std::int64_t mtime_ns = 0;
};

/// Appends all that stands before the content of `file`. Errors (invalid): what such a tar can't hold: a name
/// or a link's text that is not UTF-8, a file of 8 GiB or more.
Status append_backfill_headers(const BackfillTarFile& file, std::string& out);

}  // namespace stillage::archive
