// SPDX-License-Identifier: MIT
// Lock files of yarn 2 and later, whatever the bytes: the YAML scanner and yaml-cpp behind it.
#include <cstddef>
#include <cstdint>

#include "lock_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  return use_lock(stillage::workspace::parse_berry_lock(text, "yarn.lock"));
}
