// SPDX-License-Identifier: MIT
#pragma once
// What OpenSSL can only refuse where it was built without an algorithm, or where there is no memory.

#include <cstdlib>

namespace stillage::base {

/// Ends the program unless `condition` holds: nothing sensible can be done without it.
inline void require_crypto(bool condition) {
  if (!condition) std::abort();
}

}  // namespace stillage::base
