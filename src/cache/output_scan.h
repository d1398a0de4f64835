// SPDX-License-Identifier: MIT
#pragma once
// What lies in a target's output globs right now, with one stat each. Never enters .git, and node_modules only
// where a glob begins there; links are found, not followed, except those that the user put on the way to a glob.

#include <string>
#include <vector>

#include "cache/package_folder.h"
#include "cache/target_outputs.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::cache {

struct FoundPath {
  std::string path;  ///< relative to the package
  os::FileStat stat;
};

/// All lists are in byte order of the path.
struct OutputScan {
  std::int64_t started_ns = 0;
  std::vector<FoundPath> entries;        ///< files and links that match
  std::vector<FoundPath> empty_folders;  ///< folders that match and hold nothing
  std::vector<FoundPath> folders;        ///< all folders that were read, and what is in the way of one
  std::vector<std::string> absent;       ///< where outputs could be, if there were something
  std::vector<std::string> special;      ///< sockets, fifos and devices that match
  std::vector<std::string> temporary;    ///< names of ours, left by a run that was ended or goes on
};

/// `unsupported` if a link on the way leads out of the checkout.
Result<OutputScan> scan_outputs(PackageFolder& folder, const TargetOutputs& outputs);

/// The entry of that path, or null.
const FoundPath* find_path(const std::vector<FoundPath>& sorted, std::string_view path);

}  // namespace stillage::cache
