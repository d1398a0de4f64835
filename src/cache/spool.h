// SPDX-License-Identifier: MIT
#pragma once
// A store that ends with its process: where there is no local cache, results are packed into it on their way
// to a remote one, and what is downloaded lands in it.

#include <memory>
#include <string>

#include "cache/store.h"
#include "stillage/result.h"

namespace stillage::cache {

/// Makes one in `folder`, which is made if need be, and removes what processes that died left there. It is
/// removed, with all its entries, when the last user lets go of it.
Result<std::shared_ptr<Store>> open_spool(const std::string& folder);

}  // namespace stillage::cache
