// SPDX-License-Identifier: MIT
// Records of keys: whatever the bytes, a record or an error; and a record survives its storage.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "hasher/key_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stillage::hasher;
  const auto record = parse_record({reinterpret_cast<const char*>(data), size});
  if (!record) return 0;
  const auto again = parse_record(serialise(*record));
  if (!again || *again != *record || !explain(*record, *again).empty()) std::abort();
  return 0;
}
