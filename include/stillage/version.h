// SPDX-License-Identifier: MIT
#pragma once
// The version of the library that is linked.

namespace stillage {

/// "major.minor.patch".
const char* version();

}  // namespace stillage
