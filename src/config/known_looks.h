// SPDX-License-Identifier: MIT
#pragma once
// What the watcher service knows of a checkout's files, for a run that is made in full
// (docs/watch-service.md).

#include <string>

namespace stillage::config {

/// Has looks at the files of the checkout answered by what its watcher service saw and was told of, if there
/// is one at work that knows, until os::forget_known_looks(). What happened before the call is in the
/// answers. `root` is the checkout's real path.
void use_known_looks(const std::string& root, const std::string& state_folder);

}  // namespace stillage::config
