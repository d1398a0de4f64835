// SPDX-License-Identifier: MIT
#pragma once
// Files that we write into a checkout because somebody asked for them there: summaries of runs. They are
// results of runs, so they are nobody's inputs. Which they are is remembered in the state folder.

#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::config {

/// The summaries below `root`, relative to it, that we wrote and that are still ours by their content. None
/// without a state folder.
std::vector<std::string> own_summaries(const std::string& state_folder, const std::string& root);

/// Remembers the summary `path` (absolute, or relative to the current folder), if it lies below `root`.
Status remember_summary(const std::string& state_folder, const std::string& root, const std::string& path);

}  // namespace stillage::config
