// SPDX-License-Identifier: MIT
// The result of an action, as anybody might have put it into a cache: read or refused, and what is read is
// written the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "blob/bazel_action.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto digest = stillage::blob::parse_action_result({reinterpret_cast<const char*>(data), size});
  if (!digest) return 0;
  const auto again = stillage::blob::parse_action_result(stillage::blob::encode_action_result(*digest));
  if (!again || *again != *digest) std::abort();
  return 0;
}
