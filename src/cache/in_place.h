// SPDX-License-Identifier: MIT
#pragma once
// Whether a target's outputs are still what its snapshot says: the question that a run asks most. Stats
// decide; contents are read only where a file is so young that its stat proves nothing.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cache/output_scan.h"
#include "cache/owners.h"
#include "cache/package_folder.h"
#include "cache/removal.h"
#include "cache/snapshot.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

struct InPlace {
  /// Nothing to write and nothing to remove.
  bool is_in_place = false;
  /// It took more than stats to find out: the next time is cheaper with a new snapshot.
  bool wants_refresh = false;
  std::size_t unchanged = 0;
  /// Paths where a later target has its own version.
  std::set<std::string> left;
  /// What lies in the globs, if it was necessary to look.
  std::optional<OutputScan> scan;
};

Result<InPlace> check_in_place(const Snapshot& snapshot, const TargetOutputs& outputs, PackageFolder& folder,
                               Owners& owners, Removal& removal, StaleOutputs stale);

/// The marks of a package's folders, as they were first looked at: what two of its targets stand on need not
/// be looked at twice.
using FolderMarks = base::StringMap<FileMark>;

/// Whether stats alone show that everything is as the snapshot says: true only where check_in_place() would
/// find all in place and nothing to renew. Looks no further than the first difference.
bool is_plainly_in_place(const Snapshot& snapshot, const PackageFolder& folder, FolderMarks& marks);

/// The marks of all folders in which new files would be stale. The texts stay the scan's.
std::vector<FolderRecord> folder_records(const OutputScan& scan);

}  // namespace stillage::cache
