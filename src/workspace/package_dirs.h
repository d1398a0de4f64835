// SPDX-License-Identifier: MIT
#pragma once
// Which folders the "workspaces" patterns of a root select: those that hold a package.json matching
// <pattern>/package.json. Hidden folders only where a pattern names them; nothing in node_modules or
// __fixtures__; links to folders are followed, but not in circles. A "!" entry takes away, wherever it stands
// in the list.

#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::workspace {

/// Folders relative to `root` ("" is the root), sorted. Whether they really hold a package.json shows when it
/// is read. Patterns that lead out of the root are left out and told in `warnings`.
Result<std::vector<std::string>> candidate_dirs(const std::string& root,
                                                const std::vector<std::string>& patterns,
                                                std::vector<std::string>& warnings);

}  // namespace stillage::workspace
