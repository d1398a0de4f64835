// SPDX-License-Identifier: MIT
#pragma once
// One file of a listing.

#include <optional>
#include <string>

#include "base/digest.h"
#include "os/stat.h"

namespace stillage::git {

struct ListedFile {
  std::string path;   ///< relative to the workspace root; bytes, '/'-separated
  os::FileStat stat;  ///< of the file or symlink itself, taken once during the listing
  bool tracked = false;
  /// The blob id of the raw bytes, where git's index proves what they are; else the caller reads the file.
  std::optional<base::Sha1Digest> clean_id;
};

}  // namespace stillage::git
