// SPDX-License-Identifier: MIT
#pragma once
// What of a package belongs into an entry of the folder format: all that the outputs match, by the rules of
// lage, whoever made it (docs/formats/lage-local.md).

#include <string>
#include <string_view>
#include <vector>

#include "cache/backfill_entry.h"
#include "cache/package_folder.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

/// The paths of one package that no entry may hold, whatever the globs say: repositories, temporary files of
/// ours, and the cache itself.
class BackfillPaths {
 public:
  /// Both absolute.
  BackfillPaths(std::string package, std::string cache_base)
      : package_(std::move(package)), cache_base_(std::move(cache_base)) {}
  bool may_hold(std::string_view path) const;

 private:
  std::string package_;
  std::string cache_base_;
};

/// The files and links of the folder `package` (absolute) that `globs` match, in byte order. `working_dir` is
/// the folder that the original runs in, from which '!' patterns that name folders are looked up. An
/// `invalid` error if a file lies outside of the package.
Result<std::vector<std::string>> find_backfill_outputs(const std::string& package,
                                                       const std::string& working_dir,
                                                       const std::vector<std::string>& globs,
                                                       const BackfillPaths& paths);

/// Copies `outputs` into the open, empty folder `stage`. An `invalid` error if one of them changes meanwhile
/// or is gone; `unsupported` if a link on the way leads out of the checkout.
Status copy_outputs(PackageFolder& folder, const std::vector<std::string>& outputs, int stage);

/// Copies a whole entry into the open, empty folder `stage`. A `corrupt` error if it changes meanwhile.
Status copy_entry(const BackfillEntry& entry, int stage);

}  // namespace stillage::cache
