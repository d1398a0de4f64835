// SPDX-License-Identifier: MIT
#pragma once
// What to do about a remote that fails, for people.

#include <string_view>

#include "stillage/result.h"

namespace stillage::blob {

/// "check its credentials, and what they permit"; empty where there is nothing to say.
std::string_view advice_for(ErrorKind kind);

}  // namespace stillage::blob
