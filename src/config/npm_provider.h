// SPDX-License-Identifier: MIT
#pragma once
// The provider "npm". Its options are backfill's: npmPackageName, registryUrl and npmrcUserconfig, and a
// timeout in seconds for each call of npm. In the native format it is a row of the store table; with
// `compat: "lage"` it is what this header has.

#include <memory>

#include "config/store_table.h"

namespace stillage::config {

/// Backfill's packages as a store of backfill's tars (cache/npm_package_store.h), whose put leaves what is
/// there. An `invalid` error for options that are missing or wrong; what is unknown is for the caller to
/// check.
Result<std::shared_ptr<blob::BlobStore>> open_npm_cache(ProviderOptions& options, const StorePlace& place);

}  // namespace stillage::config
