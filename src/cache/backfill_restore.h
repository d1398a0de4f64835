// SPDX-License-Identifier: MIT
#pragma once
// Makes a package's files equal to those of an entry of the folder format. All new contents are written aside
// before the first of them takes its place, so that what can't be done leaves everything as it is.

#include "cache/backfill_entry.h"
#include "cache/backfill_outputs.h"
#include "cache/package_folder.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

/// What a link becomes that leads to a file of its entry; others are restored as the links that they are.
enum class InnerLinks {
  as_copies,  ///< as from lage's local cache
  as_links,   ///< as from backfill's tars
};

/// Errors: `corrupt` if the entry changes meanwhile; `invalid` if a folder, a device or the like lies where a
/// file has to go, or a file where a folder has to be; `unsupported` if a link on the way leads out of the
/// checkout.
Result<RestoreReport> restore_backfill_entry(const BackfillEntry& entry, PackageFolder& folder,
                                             const BackfillPaths& paths, InnerLinks links);

}  // namespace stillage::cache
