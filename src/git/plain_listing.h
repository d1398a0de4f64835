// SPDX-License-Identifier: MIT
#pragma once
// What `git ls-files` and `git ls-files -o --exclude-standard` print in a folder, by our own readers: without
// the files of submodules and of nested repositories, which only Listing (listing.h) looks into. Without git,
// every file that .gitignore files let through.

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::git {

struct PlainFile {
  std::string path;  ///< relative to the root
  /// The blob id of its bytes (of a link: of its text), where the index proves what they are.
  std::optional<base::Sha1Digest> clean_id = {};
};

struct PlainListing {
  /// Sorted by path. Of untracked links only those that lead somewhere; tracked paths also where a folder has
  /// come in their place, or they lie behind a link.
  std::vector<PlainFile> files;
  bool has_git = false;
  /// Whether only git can tell what content_ids() (content_ids.h) would say: attributes or settings may
  /// convert contents, or there are tracked links or submodules, or the repository is an unusual one. Else it
  /// would say the blob id of each file's raw bytes.
  bool ids_need_git = false;
};

/// `root`: an absolute path without links.
Result<PlainListing> list_plainly(const std::string& root);

}  // namespace stillage::git
