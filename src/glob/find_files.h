// SPDX-License-Identifier: MIT
#pragma once
// The files that globby 11.1.0 (on fast-glob 3.3.3) finds: what `environmentGlob`, the inputs of root targets
// and the outputs of entries mean in the compat format. Everything else uses walk.h.

#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::glob {

struct TreeOptions {
  bool dot = false;  ///< wildcards match names that begin with a dot
  /// Where a '!' pattern has to name a folder to mean all beneath it: for globby that is the working folder
  /// of the process, wherever the search goes. Empty: the root of the search.
  std::string working_dir = {};
};

/// The files (and links to files; linked folders are entered) below the folder `root` that the patterns
/// select: paths as globby spells them ("./a" for a pattern "./a"), in byte order, each once. A '!' pattern
/// takes away from the patterns before it. Errors: what globby rejects (a folder that can't be read, a
/// pattern with a file in the place of a folder, an impossible pattern), and beyond that walks of the whole
/// file system.
Result<std::vector<std::string>> find_files(const std::string& root, const std::vector<std::string>& patterns,
                                            TreeOptions options = {});

}  // namespace stillage::glob
