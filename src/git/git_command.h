// SPDX-License-Identifier: MIT
#pragma once
// Questions to the `git` program itself, for what our own readers do not serve.

#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::git {

/// What `git <arguments>` prints, run in `dir` without anything in the environment that would lead it to
/// another repository, without optional locks, in the C locale, without hooks and file monitors of the
/// repository. An error, with git's own words, if it is not installed or fails.
Result<std::string> ask_git(const std::string& dir, const std::vector<std::string>& arguments);

}  // namespace stillage::git
