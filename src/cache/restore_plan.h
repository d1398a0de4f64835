// SPDX-License-Identifier: MIT
#pragma once
// What a restore is going to do, found out before anything is changed: so that what can't be done is an error
// that leaves everything as it is.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "cache/output_scan.h"
#include "cache/owners.h"
#include "cache/package_folder.h"
#include "cache/removal.h"
#include "cache/snapshot.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

enum class RestoreAction : std::uint8_t {
  keep,      ///< it is there already
  set_mode,  ///< only its permissions differ
  write,
  leave,  ///< a later target has its version there
};

struct RestorePlan {
  /// One for each output of the manifest.
  std::vector<RestoreAction> actions;
  /// What lay there, for those that are kept.
  std::vector<std::optional<os::FileStat>> found;
  /// Files and links to remove: stale ones, and those in the way.
  std::vector<std::string> remove;
  /// Empty folders to remove, and emptied ones in the way of a file.
  std::vector<std::string> remove_folders;
  /// First segments below which nothing exists yet: made aside and renamed once.
  std::set<std::string, std::less<>> staged;
  /// A stale file that the rule does not let go, if there is one.
  std::optional<FoundPath> kept_stale;
  OutputScan scan;
  /// There was nothing where outputs may be, and all of them come with `staged` folders.
  bool is_all_new = false;

  bool changes_anything() const;
};

struct PlanInput {
  const archive::Manifest& manifest;
  const TargetOutputs& outputs;
  std::shared_ptr<const Snapshot> ours;
  StaleOutputs stale = StaleOutputs::remove;
  /// If not null, the only paths that are looked at.
  const std::set<std::string>* only = nullptr;
};

/// `unsupported` if a link on the way leads out of the checkout, `invalid` if something of the user's is in
/// the way.
Result<RestorePlan> plan_restore(const PlanInput& input, PackageFolder& folder, Owners& owners,
                                 Removal& removal);

}  // namespace stillage::cache
