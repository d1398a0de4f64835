// SPDX-License-Identifier: MIT
#pragma once
// Whether this machine has what runs need: a local store, git, Node and the npm client.

#include "config/finding.h"
#include "config/local_store.h"
#include "run/environment.h"

namespace stillage::config {

/// The folder of the local store, its rights, its size, and whether the disk has room for more. Makes the
/// folder, as a run would. Never fails itself: what goes wrong is a finding.
Findings check_local_store(const CachePlace& place);

/// Git, Node and the npm client, as they are found on the PATH of `environment`.
Findings check_programs(const CachePlace& place, const run::Environment& environment);

}  // namespace stillage::config
