// SPDX-License-Identifier: MIT
#pragma once
// Makes a target's outputs ready for a run: what earlier runs left goes, as far as it may; what the target's
// dependencies made is as their entries say; and what lies there then is remembered, so that the run's own work
// can be told from it.

#include <functional>
#include <string>

#include "cache/checkout.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::cache {

/// `lost_an_input`: see ArchiveCacheOptions. Begins a PreparedRun in checkout.memory.
Status prepare_outputs(Checkout& checkout, const Target& target,
                       const std::function<bool(const Target&, const std::string&)>& lost_an_input);

}  // namespace stillage::cache
