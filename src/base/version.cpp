// SPDX-License-Identifier: MIT
#include "stillage/version.h"

namespace stillage {

const char* version() {
  return STILLAGE_VERSION;
}

}  // namespace stillage
