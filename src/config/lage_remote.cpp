// SPDX-License-Identifier: MIT
#include "config/lage_remote.h"

#include "config/remote_store.h"

namespace stillage::config {

std::shared_ptr<CacheProvider> open_lage_remote(const Checkout& checkout) {
  warn_of_unusable_remote(checkout.settings.cache_options);
  return nullptr;
}

}  // namespace stillage::config
