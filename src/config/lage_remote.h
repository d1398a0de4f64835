// SPDX-License-Identifier: MIT
#pragma once
// The remote caches of lage's format: what lage itself would read and write there.

#include <memory>

#include "config/checkout.h"
#include "stillage/cache_provider.h"

namespace stillage::config {

/// The remote that the configuration names, for entries in lage's format; null, told once, if there is none
/// of that kind.
std::shared_ptr<CacheProvider> open_lage_remote(const Checkout& checkout);

}  // namespace stillage::config
