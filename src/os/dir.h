// SPDX-License-Identifier: MIT
#pragma once
// One folder's entries.

#include <string>
#include <vector>

#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::os {

struct DirEntry {
  std::string name;
  FileKind kind = FileKind::other;
};

/// The entries of an open folder except "." and "..", in the order of the disk. Kinds that the file system
/// does not tell with the name are looked up.
Result<std::vector<DirEntry>> list_dir(int fd);
/// By path; an error if it is not a folder.
Result<std::vector<DirEntry>> list_dir(const std::string& path);

}  // namespace stillage::os
