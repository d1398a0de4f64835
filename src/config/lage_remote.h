// SPDX-License-Identifier: MIT
#pragma once
// The remote caches in the formats of lage and backfill: which one a configuration means, and its provider
// with all that a remote needs around its store. docs/compatibility.md has what they are.

#include <memory>

#include "config/backfill_options.h"
#include "config/checkout.h"
#include "run/environment.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::config {

/// The remote cache, in lage's format, that the checkout's configuration names; null if it names none, or a
/// function of its own, which is told once. A failure of it is a miss or a skipped write, told once. Nothing
/// is asked of the remote yet. An `invalid` error for a provider that is none of lage's, and for options that
/// are missing, wrong or unknown.
Result<std::shared_ptr<CacheProvider>> open_lage_remote(const Checkout& checkout);

/// The one cache that plain backfill keeps its entries in: the local folders, or the remote that stands in
/// their place. Strict: its failures are the caller's to turn into misses. Errors as open_lage_remote.
Result<std::shared_ptr<CacheProvider>> open_backfill_cache(const BackfillOptions& options,
                                                           const run::Environment& environment);

}  // namespace stillage::config
