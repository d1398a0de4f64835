// SPDX-License-Identifier: MIT
#pragma once
// Whose keys and entries are used: our own, or those of another tool, to the byte (docs/compatibility.md).

#include <cstdint>

namespace stillage {

enum class Compat : std::uint8_t {
  none,  ///< the native format: docs/formats/key.md, docs/formats/entry.md
  lage,  ///< hashes and the local cache of lage 2.17, so that both tools may share one cache
};

}  // namespace stillage
