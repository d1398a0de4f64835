// SPDX-License-Identifier: MIT
#pragma once
// Where we keep what we know of one checkout, outside of it (docs/formats/state.md): a folder per real path
// of the root, emptied when another folder has come to lie at that path. Safe to delete at any time.

#include <string>

#include "stillage/result.h"

namespace stillage::os {

/// The folder for the checkout whose root is `root`, made if need be (mode 0700):
/// `<user cache>/checkouts/<40 hex digits>/`. An error (say, a read-only home) means: run without state.
Result<std::string> open_checkout_dir(const std::string& root);

}  // namespace stillage::os
