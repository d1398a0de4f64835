// SPDX-License-Identifier: MIT
#pragma once
// Whether what the configuration says of signatures holds together: its keys, and entries of the remote.

#include <stop_token>

#include "blob/blob_store.h"
#include "config/finding.h"
#include "run/environment.h"
#include "stillage/cache_options.h"

namespace stillage::config {

/// Tries the keys: those that verify, the one that signs, and whether we would take what we sign. `writes`:
/// whether results are uploaded. Never fails itself, and no finding holds a secret.
Findings check_keys(const CacheOptions& options, const run::Environment& environment, bool writes);

/// Downloads some entries of the zones that are read, where the store can list and signatures are looked at:
/// whether they are whole, and signed by a key that counts. They pass through a folder of our own.
Findings check_signed_entries(blob::BlobStore& store, const RemoteTrust& trust,
                              const run::Environment& environment, const std::stop_token& stop = {});

}  // namespace stillage::config
