// SPDX-License-Identifier: MIT
// A run's record, as a damaged state file might hold it: read or refused, and what is read is written the
// same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "run/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto run = stillage::run::parse_run(bytes);
  if (!run) return 0;
  const std::string again = stillage::run::serialise(*run);
  const auto second = stillage::run::parse_run(again);
  if (!second || stillage::run::serialise(*second) != again) std::abort();
  return 0;
}
