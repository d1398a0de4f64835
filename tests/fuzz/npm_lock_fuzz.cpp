// SPDX-License-Identifier: MIT
// npm lock files, whatever the bytes.
#include <cstddef>
#include <cstdint>

#include "lock_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  return use_lock(stillage::workspace::parse_npm_lock(text, "package-lock.json"));
}
