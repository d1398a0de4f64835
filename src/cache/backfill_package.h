// SPDX-License-Identifier: MIT
#pragma once
// What the providers of backfill's formats share: where their base is, and the package whose outputs they
// store and restore.

#include <string>

#include "cache/backfill_outputs.h"
#include "cache/package_folder.h"
#include "os/fd.h"
#include "stillage/backfill_cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

/// The absolute path of `node_modules/.cache/lage`, or of plain backfill's cache folder.
std::string backfill_base(const BackfillCacheProviderOptions& options);

/// A folder of the checkout, with the names under which it is known.
struct BackfillPackage {
  os::Fd root;
  PackageFolder folder;
  std::string path;
  BackfillPaths paths;

  /// An `invalid` error if `cwd` lies outside of the checkout.
  static Result<BackfillPackage> open(const BackfillCacheProviderOptions& options, const std::string& cwd);

  /// What `target` (which is the one of this package) stores, in byte order. Errors as
  /// find_backfill_outputs.
  Result<std::vector<std::string>> outputs_of(const Target& target,
                                              const BackfillCacheProviderOptions& options) const;
};

}  // namespace stillage::cache
