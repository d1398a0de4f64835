// SPDX-License-Identifier: MIT
#pragma once
// What a run met that lage's hashes do not see: told once each, with the remedy, since the hash has to stay
// as it is (docs/compatibility.md).

#include "run/result.h"
#include "session.h"

namespace stillage::cli {

/// To be asked after a run, before it is recorded.
void tell_what_lage_does_not_see(Session& session, const run::RunSummary& summary);

}  // namespace stillage::cli
