// SPDX-License-Identifier: MIT
#pragma once
// Everything beneath a folder, whatever git thinks of it.

#include <string>
#include <vector>

#include "git/listed_file.h"
#include "stillage/result.h"

namespace stillage::hasher {

/// The files and symlinks beneath the folder `path` (relative to the open folder `root_fd`, or absolute),
/// sorted by path; their paths start with `path`. Leaves out `.git`, `node_modules` and our own temporary
/// files; links are not followed. Nothing if there is no such folder.
Result<std::vector<git::ListedFile>> walk_disk(int root_fd, const std::string& path);

}  // namespace stillage::hasher
