// SPDX-License-Identifier: MIT
#pragma once
// The patches/ folder of patch-package: files named after what they patch.

#include <string>
#include <string_view>
#include <vector>

#include "workspace/parsed_lock.h"

namespace stillage::workspace {

/// The package that "@scope+name+1.0.0.patch" or "outer++inner+1.0.0.dev.patch" patches; "" for other names.
std::string patched_package(std::string_view file_name);

/// Adds the patches in `dir`/patches (relative to the root); a missing folder adds none.
void append_patch_folder(const std::string& root, const std::string& dir, std::vector<LockPatch>& patches);

}  // namespace stillage::workspace
