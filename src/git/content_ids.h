// SPDX-License-Identifier: MIT
#pragma once
// The ids of all contents in a work tree as git itself says, by asking it: those of the last commit, and for
// what differs from it those that `git hash-object` gives, with whatever conversions the user has configured.

#include <string>

#include "base/strings.h"
#include "stillage/result.h"

namespace stillage::git {

/// Path (relative to `root`, an absolute path without links) to id in hex. Deleted files have none, but both
/// names of a renamed one do; links that are tracked and unchanged have that of their text, submodules that
/// of their commit. What cannot be digested (folders, links that lead nowhere) is left out. An error if git
/// is missing or `root` is in no repository; that there is no commit yet is none.
Result<base::StringMap<std::string>> content_ids(const std::string& root);

}  // namespace stillage::git
