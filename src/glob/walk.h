// SPDX-License-Identifier: MIT
#pragma once
// One walk through a real tree for a whole list of globs, which enters only folders below which something can
// match. Symlinks are reported, never followed.

#include <string>
#include <string_view>
#include <vector>

#include "glob/pattern_list.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::glob {

struct FoundEntry {
  std::string path;  ///< relative to the root of the walk
  os::FileKind kind = os::FileKind::regular;
};

/// Whether folders that match are reported, too.
enum class Directories { leave_out, report };

/// Every entry at or beneath root/base ("" for the root) whose path relative to the root matches, in byte
/// order of the paths. .git and node_modules are entered only if a pattern names them (as a whole segment),
/// or if `base` lies in one. A base that is missing or no folder has no entries; a folder that can't be read
/// is an error.
Result<std::vector<FoundEntry>> walk(const std::string& root, const PatternList& list,
                                     Directories directories = Directories::leave_out,
                                     std::string_view base = {});

}  // namespace stillage::glob
